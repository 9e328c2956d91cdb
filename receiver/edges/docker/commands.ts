import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import type Docker from 'dockerode'
import type { ContainerEngine } from '../../core/slots/ports.ts'
import type { Size, Terminal, Typed } from '../../core/terminal/terminal.ts'
import { commandName } from './container-name.ts'
import { stop } from './containers.ts'
import { commandOptions, inBody } from './create-options.ts'
import { endExec } from './end-exec.ts'
import { isMissing, statusOf, translate } from './errors.ts'
import { printedOf, STDERR } from './frames.ts'
import { filterOfCommands, type Home, isOurs } from './labels.ts'
import { joinNetworks } from './network.ts'
import { retryReads } from './retry-reads.ts'

const LOOK_MS = 200
const SIZE_TRIES = 50
const SIZE_PAUSE_MS = 50
/** Docker takes two keys for "leave it running", which editors and shells need: nobody types these. */
const DETACH_KEYS = 'ctrl-^,ctrl-@,ctrl-^,ctrl-@,ctrl-^'

type Commands = Pick<ContainerEngine, 'runCommand' | 'removeCommands' | 'exec'>

/** What people run by hand. */
export function createCommands(docker: Docker, home: Home): Commands {
  const running = new Set<string>()

  const run: Commands['runCommand'] = async (plan, terminal, signal) => {
    const id = randomBytes(4).toString('hex')
    const name = commandName(home.network, { ...plan, id })
    const container = docker.getContainer(name)
    running.add(name)
    try {
      const { tty } = terminal
      await docker.createContainer(inBody(commandOptions(plan, home, { name, tty })))
      await joinNetworks(docker, name, plan.app.container.networks)
      signal.throwIfAborted()
      const stream = await attach(container)
      await container.start()
      const resize = ({ rows, columns }: Size) => container.resize({ h: rows, w: columns })
      const hear = (typed: Typed) => {
        if (typed.kind === 'resize') return resize(typed)
        if (typed.kind === 'signal') return container.kill({ signal: typed.signal })
        return undefined
      }
      await converse(stream, terminal, hear, signal)
      return { exitCode: await ended(() => container.inspect().then(({ State }) => State), signal) }
    } catch (error) {
      signal.throwIfAborted()
      throw translate(error, `cannot run ${plan.command[0]}`, 'start_failed')
    } finally {
      if (signal.aborted) await stop(docker, name, plan.app.container.stopGraceMs).catch(() => {})
      // what cannot be removed now is when the app is looked after
      await remove(container).catch(() => {})
      running.delete(name)
    }
  }

  return {
    runCommand: run,

    async removeCommands(app) {
      try {
        const filters = filterOfCommands(home.network, app)
        const all = await retryReads(() => docker.listContainers({ all: true, filters }))
        for (const { Id, Names, Labels } of all) {
          const isRunning = Names.some((name) => running.has(name.slice(1)))
          if (!isRunning && isOurs(home, Labels)) await remove(docker.getContainer(Id))
        }
      } catch (error) {
        throw translate(error, `cannot remove the commands of ${app}`, 'engine_unreachable')
      }
    },

    async exec(name, command, terminal, signal) {
      const container = docker.getContainer(name)
      let exec: Docker.Exec | undefined
      try {
        exec = await container.exec({
          Cmd: [...command],
          AttachStdin: true,
          AttachStdout: true,
          AttachStderr: true,
          Tty: terminal.tty,
          DetachKeys: DETACH_KEYS,
        })
        const started = exec
        const stream = await started.start({ hijack: true, stdin: true, Tty: terminal.tty })
        const resize = ({ rows, columns }: Size) => started.resize({ h: rows, w: columns })
        // Docker has no way to send a signal to it
        const hear = (typed: Typed) => (typed.kind === 'resize' ? resize(typed) : undefined)
        await converse(stream, terminal, hear, signal)
        return { exitCode: await ended(() => started.inspect(), signal) }
      } catch (error) {
        if (signal.aborted && exec !== undefined) await endExec(exec, container)
        signal.throwIfAborted()
        throw translate(error, `cannot run ${command[0]} in ${name}`, 'start_failed')
      }
    },
  }
}

const attach = (container: Docker.Container): Promise<Duplex> =>
  container.attach({
    stream: true,
    hijack: true,
    stdin: true,
    stdout: true,
    stderr: true,
    detachKeys: DETACH_KEYS,
  }) as Promise<Duplex>

/** Passes on what is typed and what is printed, until the command has nothing more to say. */
async function converse(
  stream: Duplex,
  { tty, size, typed, print }: Terminal,
  hear: (typed: Typed) => Promise<unknown> | undefined,
  signal: AbortSignal,
): Promise<void> {
  const end = () => stream.destroy()
  signal.addEventListener('abort', end, { once: true })
  // what goes wrong with it ends the reading below
  stream.on('error', () => {})
  const send = async () => {
    for await (const each of typed) {
      if (each.kind === 'input') await write(stream, each.bytes)
      else if (each.kind === 'end') stream.end()
      // it may have ended meanwhile
      else await hear(each)?.catch(() => {})
    }
  }
  send().catch(() => {})
  if (tty && size !== undefined) void trySize(async () => hear({ kind: 'resize', ...size }), stream)
  try {
    const printed = tty ? plain(stream) : printedOf(stream)
    for await (const { type, payload } of printed) {
      await print(type === STDERR ? 'stderr' : 'stdout', payload)
    }
  } finally {
    signal.removeEventListener('abort', end)
    stream.destroy()
  }
  signal.throwIfAborted()
}

/** Docker refuses it as long as the command has not begun, and does not say when it has. */
async function trySize(resize: () => Promise<unknown>, stream: Duplex): Promise<void> {
  for (let tries = 0; tries < SIZE_TRIES && !stream.destroyed; tries++) {
    try {
      await resize()
      return
    } catch {
      await pause(SIZE_PAUSE_MS)
    }
  }
}

async function* plain(stream: Duplex) {
  for await (const payload of stream) yield { type: 1, payload: payload as Uint8Array }
}

async function write(stream: Duplex, bytes: Uint8Array): Promise<void> {
  if (stream.writableEnded || stream.destroyed || stream.write(bytes)) return
  await Promise.race([once(stream, 'drain'), once(stream, 'close')])
}

/** Its exit code. What it prints may end before it does. */
async function ended(
  look: () => Promise<{ Running: boolean; ExitCode: number | null }>,
  signal: AbortSignal,
): Promise<number> {
  for (;;) {
    const { Running, ExitCode } = await retryReads(look)
    if (!Running && ExitCode !== null) return ExitCode
    await pause(LOOK_MS, undefined, { signal })
  }
}

async function remove(container: Docker.Container): Promise<void> {
  try {
    await container.remove({ force: true, v: true })
  } catch (error) {
    // 409: it is being removed at this moment
    if (!isMissing(error) && statusOf(error) !== 409) throw error
  }
}
