import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import {
  Exit,
  Failed,
  frame,
  framesOf,
  MOST_BYTES,
  type Order,
  read,
  TERMINAL_PROTOCOL,
} from '../core/terminal/frames.ts'
import type { Signal } from '../core/terminal/terminal.ts'
import { explain } from './ask.ts'
import { request } from './http-client.ts'

/** Passed on to a command without a terminal; the second time it is for us. A hang-up is: the command ends with whoever ran it. */
const PASSED_ON: readonly Signal[] = ['SIGINT', 'SIGTERM', 'SIGQUIT']

/** Has a command run on the VM, with this process's input and output. Resolves to its exit status. */
export async function openTerminal(
  socketPath: string,
  { passSignals, ...order }: Omit<Order, 'size'> & { passSignals: boolean },
): Promise<number> {
  const { stdin, stdout, stderr } = process
  const connection = await connect(socketPath)
  const send = (bytes: Uint8Array) => void connection.write(bytes)
  send(frame('order', { ...order, ...(order.tty ? { size: sizeNow() } : {}) }))
  const resize = () => send(frame('control', { kind: 'resize', ...sizeNow() }))
  const isRaw = order.tty && stdin.isTTY
  if (isRaw) stdin.setRawMode(true)
  if (order.tty) stdout.on('resize', resize)
  const stopPassing = passSignals ? passSignalsTo(send) : () => {}
  passInputTo(connection)
  try {
    for await (const each of framesOf(connection)) {
      if (each.type === 'stdout') await write(stdout, each.payload)
      else if (each.type === 'stderr') await write(stderr, each.payload)
      else if (each.type === 'exit') return read(Exit, each).exitCode
      else if (each.type === 'failed') {
        const { detail, hint } = read(Failed, each)
        throw Object.assign(new Error(detail), hint === undefined ? {} : { hint })
      }
    }
    throw new Error(
      'the receiver ended before the command did: `journalctl -u deploy-receiver` says why',
    )
  } finally {
    stopPassing()
    if (isRaw) stdin.setRawMode(false)
    stdout.off('resize', resize)
    connection.destroy()
    // else it would be waited for
    stdin.destroy()
  }
}

const connect = (socketPath: string): Promise<Duplex> =>
  new Promise((resolve, reject) => {
    const headers = { host: 'localhost', connection: 'upgrade', upgrade: TERMINAL_PROTOCOL }
    request({ socketPath, path: '/terminal', headers })
      .once('upgrade', (_response, socket, head) => {
        if (head.byteLength > 0) socket.unshift(head)
        // its end is told by what is missing
        socket.on('error', () => {})
        resolve(socket)
      })
      .once('response', ({ statusCode }) =>
        reject(
          Object.assign(
            new Error(`the receiver answered ${statusCode}: it is of another version`),
            {
              hint: 'systemctl restart deploy-receiver',
            },
          ),
        ),
      )
      .once('error', (error: NodeJS.ErrnoException) => reject(explain(error, socketPath)))
      .end()
  })

const sizeNow = () => ({ rows: process.stdout.rows || 24, columns: process.stdout.columns || 80 })

/** Reads on only when what was read is on its way. */
function passInputTo(connection: Duplex): void {
  const { stdin } = process
  stdin.on('data', (chunk: Buffer) => {
    let isTaken = true
    for (let from = 0; from < chunk.byteLength; from += MOST_BYTES) {
      isTaken = connection.write(frame('input', chunk.subarray(from, from + MOST_BYTES)))
    }
    if (isTaken) return
    stdin.pause()
    connection.once('drain', () => stdin.resume())
  })
  stdin.once('end', () => connection.write(frame('end')))
  // closed, as some that start programs leave it
  stdin.once('error', () => connection.write(frame('end')))
}

function passSignalsTo(send: (bytes: Uint8Array) => void): () => void {
  const passing = PASSED_ON.map((signal) => {
    const pass = () => {
      send(frame('control', { kind: 'signal', signal }))
      // who repeats it does not want to wait
      process.off(signal, pass)
    }
    process.on(signal, pass)
    return { signal, pass }
  })
  return () => {
    for (const { signal, pass } of passing) process.off(signal, pass)
  }
}

async function write(to: NodeJS.WriteStream, bytes: Uint8Array): Promise<void> {
  if (!to.write(bytes)) await once(to, 'drain')
}
