import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../../support/ports.ts'

const PROGRAM = fileURLToPath(new URL('../../../bin/deploy-receiver', import.meta.url))

let dir: string
let ports: readonly number[]
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'log-'))
  ports = [await freePort(), await freePort()]
})
afterAll(() => rmSync(dir, { recursive: true }))

/** A config with one thing to warn of and one to note; there is no Docker, so that the receiver ends by itself after that. */
function write(level: string): string {
  const file = join(dir, 'config.yaml')
  const app = '{ image: ghcr.io/acme/api, ports: ["80:80"] }'
  const [listen, admin] = ports
  const text = `url: https://d.example\nadmin: 0.0.0.0:${admin}\nlisten: 127.0.0.1:${listen}\ndata: ${dir}/data\nlog_level: ${level}\napps: { api: ${app} }\n`
  writeFileSync(file, text, { mode: 0o600 })
  return file
}

/** What the receiver writes to a file that is both its outputs, as the journal is. */
async function serveInto(
  env: (stream: string) => Record<string, string>,
  [command, ...words] = [PROGRAM, 'serve', '--config', write('warn')],
): Promise<string[]> {
  const output = join(dir, 'output')
  const fd = openSync(output, 'w+')
  const { dev, ino } = fstatSync(fd, { bigint: true })
  const { NO_COLOR: _colours, FORCE_COLOR: _forced, CI: _ci, ...own } = process.env
  const docker = { DOCKER_HOST: `unix://${dir}/none.sock` }
  const child = spawn(command, words, {
    env: { ...own, ...docker, ...env(`${dev}:${ino}`) },
    stdio: ['ignore', fd, fd],
  })
  closeSync(fd)
  await once(child, 'exit')
  return readFileSync(output, 'utf8').split('\n').slice(0, -1)
}

test('in a file the log is one JSON object a line from log_level on, whatever journal the receiver was started from', async () => {
  const [warning = '', failure] = await serveInto(() => ({ JOURNAL_STREAM: '8:1' }))
  expect(JSON.parse(warning)).toMatchObject({
    level: 'warn',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    msg: expect.stringContaining('admin: "0.0.0.0" is not on loopback'),
  })
  expect(failure).toMatch(/^deploy-receiver: no Docker engine answers/)
})

test('in the journal each line begins with its priority, so that journalctl -p err finds it', async () => {
  const [warning = '', ...failure] = await serveInto((stream) => ({ JOURNAL_STREAM: stream }))
  expect(warning).toMatch(/^<4>\{"level":"warn",/)
  expect(failure.length, failure.join('\n')).toBeGreaterThan(1)
  for (const line of failure) expect(line).toMatch(/^<3>/)
})

test('on a terminal the log is for people: its own time, and colours', async () => {
  const typed = `'${PROGRAM}' serve --config '${write('info')}'`
  // util-linux: gives the command a terminal, and writes what comes out of it
  const command = ['script', '-qec', typed, '/dev/null'] as const
  const zone = { TZ: 'Etc/GMT-14', JOURNAL_STREAM: '8:1', TERM: 'xterm' }
  const before = hourThere()
  const [warning = '', notice = ''] = await serveInto(() => zone, [...command])
  expect(warning).toContain('\u001b[33mwarn')
  const plain = stripVTControlCharacters(warning)
  expect(plain).toMatch(/^\d\d:\d\d:\d\d warn {2}\S+config\.yaml:2:8: admin: "0\.0\.0\.0" is not/)
  expect([before, hourThere()]).toContain(plain.slice(0, 2))
  expect(stripVTControlCharacters(notice)).toMatch(/^\d\d:\d\d:\d\d info {2}.*passed over/)
})

const hourThere = () => String((new Date().getUTCHours() + 14) % 24).padStart(2, '0')
