import type Docker from 'dockerode'

const HEADER_BYTES = 8
const MAX_LINE_CHARACTERS = 2000

/** Last lines of a container's output, oldest first, with control characters made visible. */
export async function readLog(docker: Docker, name: string, lines: number): Promise<string[]> {
  const container = docker.getContainer(name)
  const { Config } = await container.inspect()
  const raw = await container.logs({ stdout: true, stderr: true, tail: lines, follow: false })
  const text = (Config.Tty ? raw : demultiplex(raw)).toString('utf8')
  return text
    .split('\n')
    .map((line) => escapeControls(line.replace(/\r$/, '').slice(0, MAX_LINE_CHARACTERS)))
    .filter((line, index, all) => line !== '' || index < all.length - 1)
    .slice(-lines)
}

/** Without a terminal Docker sends frames: stream type, three zero bytes, length (big endian), payload. */
function demultiplex(raw: Buffer): Buffer {
  const payloads: Buffer[] = []
  for (let at = 0; at + HEADER_BYTES <= raw.length;) {
    const length = raw.readUInt32BE(at + 4)
    payloads.push(raw.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length))
    at += HEADER_BYTES + length
  }
  return Buffer.concat(payloads)
}

/** A log line may hold terminal escapes; whoever reads it later prints it. */
export const escapeControls = (line: string) =>
  line.replace(
    /[^\P{Cc}\t\n]/gu,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
