import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { runAction } from '../support/github-runner.ts'

const ROOT = join(import.meta.dirname, '..', '..')

interface Step {
  name?: string
  id?: string
  run?: string
  with?: Record<string, string | boolean>
}
const { jobs } = parse(readFileSync(join(ROOT, '.github/workflows/ci.yml'), 'utf8')) as {
  jobs: { action: { steps: Step[] } }
}
const step = (nameOrId: string): Step => {
  const found = jobs.action.steps.find(({ name, id }) => name === nameOrId || id === nameOrId)
  if (found === undefined) throw new Error(`the job has no step ${nameOrId}`)
  return found
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

test('what CI runs on every kind of runner does deploy, and only what is signed', async () => {
  expect(step('A receiver to post to').run).toContain('node test/support/stand-in-receiver.ts 9090')
  const port = await freePort()
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  const receiver = spawn(process.execPath, ['test/support/stand-in-receiver.ts', String(port)], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], HOOK_SECRET: secret },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void receiver.kill())
  await once(receiver.stdout, 'data')

  const given = Object.entries(step('existing').with ?? {}).map(([name, value]) => [
    name,
    String(value).replace('9090', String(port)),
  ])
  const inputs = { ...(Object.fromEntries(given) as Record<string, string>), secret }
  expect(await runAction({ inputs })).toMatchObject({
    exitCode: 0,
    outputs: { status: 'succeeded', 'deployment-id': 'd1' },
  })
  const other = `whsec_${randomBytes(32).toString('base64')}`
  expect(await runAction({ inputs: { ...inputs, secret: other } })).toMatchObject({ exitCode: 1 })
})
