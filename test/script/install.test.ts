import { execFile } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const SCRIPT = join(import.meta.dirname, '../../install/install.sh')

let dir: string
let server: Server | undefined
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'install-'))
})
afterEach(() => {
  server?.close()
  rmSync(dir, { recursive: true })
})

/** What a system calls itself, in the place of /etc/os-release. */
function system(id: string, version: string): string {
  const file = join(dir, 'os-release')
  writeFileSync(file, `ID=${id}\nVERSION_ID="${version}"\n`)
  return file
}

const install = (
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((resolve) =>
    execFile(
      'sh',
      [SCRIPT, ...words],
      {
        env: {
          PATH: '/usr/bin:/bin',
          ...env,
          OS_RELEASE: env['OS_RELEASE'] ?? system('debian', '13'),
        },
      },
      (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    ),
  )

test.each([
  ['debian', '12'],
  ['debian', '13'],
  ['ubuntu', '22.04'],
  ['ubuntu', '24.04'],
])('a dry run on %s %s prints each step, and runs nothing', async (id, version) => {
  const { code, stdout } = await install(['--dry-run', '--version', 'v1.2.3'], {
    OS_RELEASE: system(id, version),
    DEPLOY_RECEIVER_RELEASES: 'http://127.0.0.1:1',
  })
  expect(code).toBe(0)
  expect(stdout.match(/^\d\/6 .*/gm)).toHaveLength(6)
  const architecture = /on (amd64|arm64)/.exec(stdout)?.[1]
  expect(stdout).toContain(
    `http://127.0.0.1:1/download/v1.2.3/deploy-receiver_1.2.3_${architecture}.deb\n`,
  )
  const [sums, apt] = [
    stdout.indexOf('sha256sum --check'),
    stdout.search(/apt-get install .*\.deb/),
  ]
  expect(sums).toBeGreaterThan(0)
  expect(apt).toBeGreaterThan(sums)
  expect(stdout).toMatch(/\nThis was a dry run: nothing was changed\. Now: sudo sh install\.sh\n$/)
})

test.each<[string, string[], Record<string, string>, string]>([
  ['another system', [], { ID: 'fedora 44' }, 'Stopped at step 1: this is fedora 44, not Debian'],
  ['an older one', [], { ID: 'debian 11' }, 'Stopped at step 1: this is debian 11, not Debian 12'],
  [
    'releases in the clear',
    [],
    { DEPLOY_RECEIVER_RELEASES: 'http://mirror.example.com' },
    'http://mirror.example.com is not an https:// address',
  ],
])('%s is refused, with a remedy', async (_name, words, { ID = 'debian 13', ...env }, refusal) => {
  const [id = '', version = ''] = ID.split(' ')
  const { code, stderr } = await install(['--dry-run', ...words], {
    OS_RELEASE: system(id, version),
    ...env,
  })
  expect([code, stderr]).toEqual([1, expect.stringContaining(refusal)])
  expect(stderr).toMatch(/\n {2}What to do: \S/)
})

test.each([['--verbose'], ['--version'], ['--version=$(id)'], ['1.2.3']])(
  'wrong usage is said: %s',
  async (...words) => {
    expect(await install(words)).toMatchObject({
      code: 2,
      stderr: 'usage: sh install.sh [--dry-run] [--version X.Y.Z]\n',
    })
  },
)

/** A release whose package has another sum than the one that stands beside it. */
test.runIf(process.getuid?.() === 0)(
  'a package with another sum ends it, before anything is installed',
  async () => {
    server = createServer(({ url }, response) =>
      response.end(
        url?.endsWith('SHA256SUMS')
          ? ['amd64', 'arm64']
              .map((each) => `${'0'.repeat(64)}  deploy-receiver_1.2.3_${each}.deb\n`)
              .join('')
          : 'not what it was',
      ),
    )
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const { code, stdout, stderr } = await install([], {
      DEPLOY_RECEIVER_RELEASES: `http://127.0.0.1:${port}`,
    })
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/Stopped at step 2: `sha256sum --check .*` ended with exit status 1/),
    ])
    expect(stdout).not.toMatch(/apt-get install .*\.deb/)
  },
)
