import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'

/** A socket that listens as systemd's does (sd_notify(3)): Node has none of that kind, Python has. */
export interface NotifySocket {
  /** Value for `NOTIFY_SOCKET`. */
  path: string
  /** What it was told, each message as its lines. */
  told: readonly string[][]
  /** The names that were given values, in their order. */
  names(): string[]
  stop(): Promise<void>
}

const PROGRAM = `
import json, os, socket, sys
heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
heard.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o777)
print(json.dumps([]), flush=True)
while True:
    print(json.dumps(heard.recv(65536).decode().splitlines()), flush=True)
`

export async function openNotifySocket(path: string): Promise<NotifySocket> {
  const child = spawn('/usr/bin/python3', ['-c', PROGRAM, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close')
  const told: string[][] = []
  const lines = createInterface({ input: child.stdout })
  const failed = ended.then(() => Promise.reject(new Error(`nobody can listen at ${path}`)))
  // it ends some day
  failed.catch(() => {})
  await Promise.race([once(lines, 'line'), failed])
  lines.on('line', (line) => {
    const message = JSON.parse(line) as string[]
    // systemd-notify waits until it was read, by a message of its own
    if (message.join('') !== 'BARRIER=1') told.push(message)
  })
  return {
    path,
    told,
    names: () => told.flat().map((line) => line.slice(0, line.indexOf('='))),
    async stop() {
      child.kill()
      await ended
      rmSync(path, { force: true })
    },
  }
}
