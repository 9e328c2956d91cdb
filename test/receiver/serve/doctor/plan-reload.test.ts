import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { loadConfig } from '../../../../receiver/config/load.ts'
import { planReload } from '../../../../receiver/serve/doctor/look-at-config.ts'

const key = () => `whsec_${randomBytes(32).toString('base64')}`

function edited(before: string, after: string) {
  const dir = mkdtempSync(join(tmpdir(), 'plan-reload-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  const file = join(dir, 'config.yaml')
  const write = (apps: string) =>
    writeFileSync(file, `url: https://deploy.example.com\napps:\n${apps}`, { mode: 0o600 })
  write(before)
  const current = loadConfig(file, {})
  write(after)
  return planReload('api', current, {})
}

test('what a reload would change of an app is told, of secrets the names alone', async () => {
  const app = (more: string) => `  api:\n    image: ghcr.io/acme/api\n    port: 8000\n${more}`
  const [old, other] = [key(), key()]
  const { changes, problem } = await edited(
    app(`    domains: [api.example.com]\n    auth: { secrets: ['${old}'] }\n    watch: 10s\n`),
    app(
      `    domains: [api.example.com, www.example.com]\n    auth: { secrets: ['${other}'] }\n    watch: 2s\n    drain: 5s\n`,
    ),
  )
  expect(problem).toBeUndefined()
  expect(changes.map(({ setting, secret }) => [setting, secret])).toEqual([
    ['auth.secrets', true],
    ['domains', false],
    ['drain_ms', false],
    ['watch_ms', false],
  ])
  expect(changes.at(-1)).toMatchObject({ from: '10000', to: '2000' })
  expect(JSON.stringify(changes)).not.toContain(other.slice(6))
})

test('a file that would be refused is told of, with the place', async () => {
  const { problem } = await edited(
    '  api: { image: ghcr.io/acme/api, port: 1 }\n',
    '  api: { port: x }\n',
  )
  expect(problem).toMatch(/config\.yaml:3:\d+: apps\.api/)
  const gone = await edited('  api: { image: ghcr.io/acme/api, port: 1 }\n', '  {}\n')
  expect(gone.problem).toContain('api')
})
