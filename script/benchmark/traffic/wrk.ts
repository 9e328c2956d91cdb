import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const SCRIPT = fileURLToPath(new URL('wrk.lua', import.meta.url))

export interface Address {
  url: string
  host: string
}

export interface Answered {
  requests: number
  perSecond: number
  /** Milliseconds. */
  p99: number
}

/** Asks for so many seconds, as fast as the answers come. Throws when one failed. */
export async function askWithWrk(
  { url, host }: Address,
  { seconds, connections }: { seconds: number; connections: number },
): Promise<Answered> {
  const flags = ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', SCRIPT, '-H', `Host: ${host}`]
  const { stdout } = await run('wrk', [...flags, url])
  const line = /^figures (.*)$/m.exec(stdout)?.[1] ?? ''
  const [requests = 0, took = 0, failed = 0, p99 = 0] = line.split(' ').map(Number)
  if (requests === 0 || failed > 0)
    throw new Error(`${url}: not every request succeeded:\n${stdout}`)
  return { requests, perSecond: requests / took, p99 }
}
