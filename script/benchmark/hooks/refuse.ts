import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const SCRIPT = fileURLToPath(new URL('refuse.lua', import.meta.url))
const CONNECTIONS = 16

export interface Refused {
  perSecond: number
  /** Milliseconds. */
  p50: number
  p99: number
  requests: number
}

/** Sends wrong signatures for so many seconds. Throws when any was answered with another status than an error's. */
export async function refuse(
  url: string,
  kind: 'github' | 'webhook',
  seconds: number,
): Promise<Refused> {
  const flags = ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '--timeout', '10s', '-s', SCRIPT]
  const { stdout } = await run('wrk', [...flags, url, '--', kind])
  const line = /^figures (.*)$/m.exec(stdout)?.[1]
  const [requests = 0, took = 0, refused = 0, failed = 0, p50 = 0, p99 = 0] = (line ?? '')
    .split(' ')
    .map(Number)
  if (requests === 0 || refused !== requests || failed > 0) {
    throw new Error(`${url}: not every wrong signature was refused:\n${stdout}`)
  }
  return { perSecond: requests / took, p50, p99, requests }
}
