import type { Readable } from 'node:stream'
import type Docker from 'dockerode'
import { shorten } from '../../core/shorten.ts'
import { payloadsOf } from './frames.ts'
import { LINE_BYTES, linesOf } from './lines.ts'

const MAX_LINE_CHARACTERS = 2000
const READ_MS = 10_000

/** Last lines of a container's output, oldest first, with control characters made visible. */
export async function readLog(docker: Docker, name: string, lines: number): Promise<string[]> {
  const { Config } = await docker.getContainer(name).inspect()
  const raw = await openLog(docker, name, {
    tail: lines,
    follow: false,
    signal: AbortSignal.timeout(READ_MS),
  })
  const last: string[] = []
  for await (const line of linesOf(Config.Tty ? raw : payloadsOf(raw), LINE_BYTES)) {
    last.push(escapeControls(shorten(line, MAX_LINE_CHARACTERS)))
    if (last.length > lines) last.shift()
  }
  return last
}

/** Opens a container's output as a stream: the library would read what does not follow as a whole. */
export const openLog = (
  docker: Docker,
  name: string,
  { signal, ...options }: { tail?: number; follow: boolean; signal: AbortSignal },
): Promise<Readable> =>
  new Promise((resolve, reject) => {
    docker.modem.dial(
      {
        path: `/containers/${encodeURIComponent(name)}/logs?`,
        method: 'GET',
        isStream: true,
        abortSignal: signal,
        statusCodes: { 200: true, 404: 'no such container', 500: 'server error' },
        options: { stdout: true, stderr: true, ...options },
      },
      (error, stream) => (error ? reject(error) : resolve(stream as Readable)),
    )
  })

/** A log line may hold terminal escapes; whoever reads it later prints it. */
export const escapeControls = (line: string) =>
  line.replace(
    /[^\P{Cc}\t\n]/gu,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
