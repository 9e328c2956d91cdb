import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { AppSpec } from '../../core/app.ts'
import { DeployError } from '../../core/errors.ts'
import type { AuditEntry } from '../../core/intake/audit.ts'
import type { StoredDeployment } from '../../core/journal.ts'
import type { Log } from '../../core/log.ts'
import { shorten } from '../../core/shorten.ts'
import {
  type Frame,
  frame,
  framesOf,
  MOST_BYTES,
  Order,
  read,
  TERMINAL_PROTOCOL,
  typedOf,
} from '../../core/terminal/frames.ts'
import type { Terminal } from '../../core/terminal/terminal.ts'
import { appNamed, type HttpApps } from '../apps.ts'
import { ProblemError } from '../problem.ts'

const MOST_AT_ONCE = 16
const SHOWN_CHARACTERS = 100
const LAST_WORDS_MS = 1000
const HEARTBEAT_MS = 2000

export interface TerminalServices {
  apps: HttpApps
  archive: { live(app: string): StoredDeployment | undefined }
  commands: {
    /** Runs a command in a container of its own. Throws `DeployError`. */
    run(
      what: { app: AppSpec; live: StoredDeployment; command: readonly string[] },
      terminal: Terminal,
      signal: AbortSignal,
    ): Promise<{ exitCode: number }>
    /** The name of a live container that runs; `undefined` when there is none of that number. Throws `DeployError`. */
    replica(live: StoredDeployment, replica: number): Promise<string | undefined>
    exec(
      container: string,
      command: readonly string[],
      terminal: Terminal,
      signal: AbortSignal,
    ): Promise<{ exitCode: number }>
  }
  intake: { audit: { add(entry: AuditEntry): unknown }; now(): string }
  log: Log
  stopping: AbortSignal
}

/** Takes a connection to the local socket that asks to become a terminal: a command is ordered on it, and has it to its end. */
export function createTerminal(services: TerminalServices) {
  let open = 0
  return (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    if (request.headers.upgrade !== TERMINAL_PROTOCOL) {
      socket.end('HTTP/1.1 426 Upgrade Required\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
      return
    }
    if (head.byteLength > 0) socket.unshift(head)
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: ${TERMINAL_PROTOCOL}\r\n\r\n`,
    )
    open += 1
    serveOne(socket, services, open > MOST_AT_ONCE)
      .catch((error: unknown) => {
        services.log('error', 'the connection of a run or exec failed', { error })
        socket.destroy()
      })
      .finally(() => (open -= 1))
  }
}

async function serveOne(socket: Duplex, services: TerminalServices, isOneTooMany: boolean) {
  const gone = new AbortController()
  socket.once('close', () => gone.abort(new Error('whoever ordered it is gone')))
  // tells nothing that its end does not
  socket.on('error', () => {})
  // whoever does not read does not keep the receiver from its end
  const endSoon = () => void setTimeout(() => socket.destroy(), LAST_WORDS_MS).unref()
  services.stopping.addEventListener('abort', endSoon, { signal: gone.signal })
  const signal = AbortSignal.any([gone.signal, services.stopping])
  // that somebody is gone may be seen by writing alone: what they sent last is not read yet
  const beat = setInterval(() => socket.write(frame('stdout')), HEARTBEAT_MS)
  gone.signal.addEventListener('abort', () => clearInterval(beat), { once: true })
  let last: Uint8Array
  try {
    const frames = framesOf(socket.iterator({ destroyOnReturn: false }))
    const order = await orderOf(frames)
    if (order === undefined) return
    try {
      const work = await begin(order, services, isOneTooMany)
      note(order, services, 'accepted')
      last = frame('exit', await work(terminalOn(socket, order, frames), signal))
    } catch (error) {
      if (error instanceof ProblemError) note(order, services, 'refused', error.message)
      throw error
    }
  } catch (error) {
    if (gone.signal.aborted) {
      if (error instanceof DeployError) services.log('warn', error.message, { hint: error.hint })
      return
    }
    last = frame('failed', failureOf(error, services))
  }
  clearInterval(beat)
  socket.end(last)
  // what is still sent is read and dropped: an end with something unread would take the last words away
  socket.removeAllListeners('readable')
  socket.resume()
  endSoon()
}

async function orderOf(frames: AsyncGenerator<Frame>): Promise<Order | undefined> {
  const { done, value } = await frames.next()
  if (done === true) return undefined
  if (value.type !== 'order') throw new Error('an order comes first')
  return read(Order, value)
}

type Work = (terminal: Terminal, signal: AbortSignal) => Promise<{ exitCode: number }>

/** Looks whether it can be done, and returns what does it. */
async function begin(
  order: Order,
  services: TerminalServices,
  isOneTooMany: boolean,
): Promise<Work> {
  const { apps, archive, commands } = services
  if (isOneTooMany) {
    throw new ProblemError('busy', `${MOST_AT_ONCE} commands run already`, {
      hint: 'end one of them: each deploy-receiver run and exec is one',
    })
  }
  const { spec } = appNamed(order.app, apps)
  const live = archive.live(spec.name)
  if (live === undefined) {
    throw new ProblemError('not_running', `nothing of ${spec.name} is live`, {
      hint: `deploy it first: deploy-receiver deploy ${spec.name}`,
    })
  }
  const { command, replica = 1 } = order
  if (order.kind === 'run') {
    return (terminal, signal) => commands.run({ app: spec, live, command }, terminal, signal)
  }
  const container = await commands.replica(live, replica)
  if (container !== undefined) {
    return (terminal, signal) => commands.exec(container, command, terminal, signal)
  }
  throw new ProblemError('not_running', `no replica ${replica} of ${spec.name} runs`, {
    hint: `deploy-receiver doctor says what does; deploy-receiver run ${spec.name} needs none that runs`,
  })
}

const terminalOn = (
  socket: Duplex,
  { tty, size }: Order,
  frames: AsyncGenerator<Frame>,
): Terminal => ({
  tty,
  ...(size === undefined ? {} : { size }),
  typed: typedOf(frames),
  async print(to, bytes) {
    for (let from = 0; from < bytes.byteLength; from += MOST_BYTES) {
      const isTaken = socket.write(frame(to, bytes.subarray(from, from + MOST_BYTES)))
      if (!isTaken && !socket.destroyed) {
        await Promise.race([once(socket, 'drain'), once(socket, 'close')])
      }
    }
  },
})

/** The program alone: its arguments may have secrets. */
function note(
  { kind, app, command: [program = '', ...others] }: Order,
  { intake, apps, log }: TerminalServices,
  outcome: 'accepted' | 'refused',
  reason?: string,
): void {
  const at = intake.now()
  const count = others.length
  const rest = count === 0 ? '' : ` with ${count} argument${count === 1 ? '' : 's'}`
  const request = `${kind} ${shorten(program, SHOWN_CHARACTERS)}${rest}`
  const of = apps.has(app) ? { app } : {}
  if (outcome === 'accepted') log('info', `${kind} ordered`, { ...of, request })
  intake.audit.add({
    at,
    last_at: at,
    count: 1,
    ...of,
    sender: { kind: 'socket' },
    outcome,
    request,
    ...(reason === undefined ? {} : { reason }),
  })
}

function failureOf(error: unknown, { stopping, log }: TerminalServices) {
  if (stopping.aborted)
    return { detail: 'the receiver stops', hint: 'run it again when it is back' }
  if (error instanceof ProblemError || error instanceof DeployError) {
    const { message: detail, hint } = error
    return { detail, ...(hint === undefined ? {} : { hint }) }
  }
  log('error', 'a run or exec failed', { error })
  return { detail: 'something failed in the receiver; its log says what' }
}
