import { mkdirSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium } from 'playwright-core'

const APART = fileURLToPath(new URL('chromium-apart.ts', import.meta.url))
const PROGRAM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

/**
 * Starts Chromium with a network of its own, in which nothing is but a port of loopback that leads to the same one here. On the
 * engine's network it would give up whatever it asks for whenever a container comes or goes (`ERR_NETWORK_CHANGED`).
 */
export async function startChromium({
  dir,
  port,
  args = [],
}: {
  dir: string
  port: number
  args?: string[]
}): Promise<Browser> {
  mkdirSync(dir, { recursive: true })
  const socket = join(dir, 'way.sock')
  const way = createServer((from) => {
    const to = connect(port, '127.0.0.1')
    for (const each of [from, to]) each.on('error', () => [from, to].map((end) => end.destroy()))
    from.pipe(to).pipe(from)
  })
  await new Promise<void>((resolve) => void way.listen(socket, resolve))
  const executablePath = join(dir, 'chromium')
  writeFileSync(
    executablePath,
    `#!/bin/sh\nexec unshare --net -- '${process.execPath}' '${APART}' '${socket}' ${port} '${PROGRAM}' "$@"\n`,
    { mode: 0o755 },
  )
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', ...args] })
  browser.once('disconnected', () => way.close())
  return browser
}
