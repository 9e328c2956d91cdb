import { execFile } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { Deployment } from '../../protocol/deployment.ts'
import { operate } from '../support/operator.ts'
import { startVm, type Vm } from '../support/vm.ts'

let vm: Vm
const digests: string[] = []
const tokens = [
  `whsec_${randomBytes(32).toString('base64')}`,
  ...[0, 1].map(() => randomBytes(24).toString('hex')),
]

beforeAll(async () => {
  vm = await startVm(inject('stack'), 'cli')
  for (const version of ['latest', 'two']) digests.push(await vm.push(version))
  digests.push(await vm.push('broken', { broken: true }))
  const { api = {} } = vm.config.apps
  vm.config['url'] = `http://${vm.config.listen}`
  const [one = '', two = '', three = ''] = tokens
  api['auth'] = {
    oidc: { repository_id: '123456789' },
    secrets: [one],
    basic: { token: two },
    github: { secret: three },
  }
  await vm.start()
})
afterAll(() => vm.close())

const run = (...words: string[]) => operate([...words, '--config', join(vm.dir, 'config.yaml')])
const shell = async (command: string, more: Record<string, string>) =>
  (await promisify(execFile)('bash', ['-c', command], { env: { ...process.env, ...more } })).stdout

const short = (version: number) => digests[version - 1]?.slice(0, 19) ?? ''

test('before the first deployment nothing is live', async () => {
  expect((await run('status')).stdout).toMatch(
    /^APP +LIVE .*\napi +nothing yet +- +- +- +api\.test\n$/,
  )
})

test('hook prints what works for the app, and no secret', async () => {
  const { stdout } = await run('hook', 'api')
  const url = `${vm.config['url'] as string}/hooks/api`
  expect(stdout.split('\n')[0]).toBe(url)
  expect(stdout).toContain(
    `      - uses: org/deploy-action@v1\n        with:\n          url: ${url}\n`,
  )
  for (const token of tokens) expect(stdout).not.toContain(token.replace('whsec_', ''))
  const { ways } = JSON.parse((await run('hook', 'api', '--json')).stdout) as {
    ways: { title: string; text: string }[]
  }
  const lines = ways.filter(({ title }) => title.startsWith('curl'))
  expect(lines).toHaveLength(2)
  for (const { text } of lines) {
    const [HOOK_SECRET = '', HOOK_TOKEN = ''] = tokens
    const answer = await shell(text, { HOOK_SECRET, HOOK_TOKEN })
    expect(JSON.parse(answer)).toMatchObject({ deployment: { app: 'api', action: 'redeploy' } })
  }
})

test('deploy takes the followed tag, shows its steps, and says what is live', async () => {
  const { code, stdout } = await run('deploy', 'api')
  expect(stdout).toMatch(
    /^dep_\w+ {2}redeploy of api\nstarted\n {2}image +sha256:.+\n✓ resolve +\d+ ms {2}\S+:latest is sha256:/,
  )
  expect(stdout).toMatch(/\n✓ pull +\d+ ms {2}was there already\n/)
  expect(stdout).toMatch(/\n✓ swap +\d+ ms {2}(?:blue|green) is live\n/)
  expect(stdout).toContain(`live: latest ${short(1)}`)
  expect(code).toBe(0)
})

test('plan says what a deployment would change, and a test hook arrives; neither deploys', async () => {
  expect((await run('plan', 'api')).stdout).toMatch(/^api: nothing would change: /)
  const { stdout: two } = await run('plan', 'api', 'two')
  expect(two).toContain(`latest ${short(1)} -> two ${short(2)}`)
  expect(two).toContain('if the image EXPOSEs another port')
  const { code, stdout } = await run('hook', 'api', '--test')
  expect(stdout).toMatch(/^ok +receiver +was reached, from \S+$/m)
  expect(stdout).toMatch(/^ok +hook +a test: redeploy would be accepted$/m)
  expect(code).toBe(0)
  expect((await run('status')).stdout).toContain(`latest ${short(1)}`)
})

test('deploy takes a tag, and status shows it', async () => {
  expect((await run('deploy', 'api', 'two')).stdout).toContain(`live: two ${short(2)}`)
  expect((await run('status', 'api')).stdout).toContain(`two ${short(2)}`)
})

test('rollback goes to the digest before, or to one that is named', async () => {
  expect((await run('rollback', 'api')).stdout).toContain(`live: latest ${short(1)}`)
  const { stdout, code } = await run('rollback', 'api', short(2), '--json')
  expect(code).toBe(0)
  expect(JSON.parse(stdout) as Deployment).toMatchObject({
    action: 'rollback',
    settings_of: expect.stringMatching(/^dep_/),
    status: 'succeeded',
    image: { digest: digests[1] },
  })
  const { stdout: current } = await run('rollback', 'api', short(1), '--current-settings', '--json')
  expect(JSON.parse(current)).not.toHaveProperty('settings_of')
  await run('rollback', 'api', short(2))
})

test('what was rolled back from stays away until somebody orders it', async () => {
  // the registry says that the followed tag was pushed
  const hint = async () => {
    const [, , secret = ''] = tokens
    const body = JSON.stringify({
      action: 'published',
      registry_package: {
        name: 'api',
        package_version: {
          package_url: `${vm.repository}:latest`,
          container_metadata: { tag: { name: 'latest' } },
        },
      },
    })
    const response = await fetch(`${vm.config['url'] as string}/hooks/api`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-github-event': 'registry_package',
        'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
      },
      body,
    })
    return (await response.json()) as { result?: string; detail?: string }
  }
  await run('deploy', 'api')
  expect((await run('rollback', 'api', 'two')).stdout).toContain(`live: two ${short(2)}`)
  const held = new RegExp(
    `\napi: ${short(1)} is on hold since (dep_\\w+) went back from it, .+ ago; deploy-receiver deploy api lifts that`,
  )
  const [, rollback] = held.exec((await run('status')).stdout) ?? []
  expect(rollback).toBeDefined()
  expect(await hint()).toMatchObject({
    result: 'ignored',
    detail: expect.stringContaining(`${digests[0]} is on hold: ${rollback} went back from it`),
  })
  expect((await run('deploy', 'api')).stdout).toContain(`live: latest ${short(1)}`)
  expect((await run('status')).stdout).not.toContain('on hold')
  expect(await hint()).toMatchObject({ result: 'unchanged' })
})

test('a deployment that fails ends with 1, its reason and the log', async () => {
  const { code, stderr } = await run('deploy', 'api', `${vm.repository}:broken`)
  expect(code).toBe(1)
  expect(stderr).toMatch(
    /^failed: api was not healthy within 20 s; last answer: GET \/healthz answered 404/,
  )
  expect(stderr).toContain('  | ')
  const lines = vm.receiver().log(200).split('\n')
  const told = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(told.find(({ msg }) => String(msg).startsWith('deployment failed after '))).toMatchObject({
    app: 'api',
    action: 'deploy',
    code: 'unhealthy',
    reason: expect.stringContaining('api was not healthy'),
    hint: expect.any(String),
  })
})

test('history has all of them, newest first', async () => {
  const { stdout } = await run('history', 'api')
  const lines = stdout.trim().split('\n')
  expect(lines[0]).toMatch(/^DEPLOYMENT +AGE +ACTION +IMAGE +STATUS +TOOK +WHY$/)
  expect(lines).toHaveLength(13)
  expect(lines[1]).toMatch(/ deploy +broken sha256:\w{12} +failed +\d+\.\d s +api was not healthy/)
  expect(JSON.parse((await run('history', 'api', '--limit', '2', '--json')).stdout)).toHaveLength(2)
})

test('tags lists the registry’s tags, and which of them were deployed', async () => {
  const { stdout } = await run('tags', 'api')
  expect(stdout).toMatch(/^TAG +DIGEST +DEPLOYMENT +NOW\n/)
  expect(stdout).toMatch(new RegExp(`\nlatest +${short(1)} +dep_\\w+ +live\n`))
  expect(stdout).toMatch(new RegExp(`\ntwo +${short(2)} +dep_\\w+\n`))
})

test('doctor says of each thing whether it is right', async () => {
  const { stdout, code } = await run('doctor')
  expect(code, stdout).toBe(0)
  expect(stdout).toMatch(/\nok +docker +engine \d+/)
  expect(stdout).toMatch(/\nok +clock +as the registry has it/)
  expect(stdout).toMatch(/\nok +nginx +it takes its files, and runs/)
  expect(stdout).toMatch(/\nok +site of api +Nginx serves it at http:\/\/api\.test:\d+\n/)
  expect(stdout).toMatch(
    /\nok +registry of api +\S+: signed in as \w+ \(the config\); :latest is there/,
  )
  expect(stdout).toMatch(/\nok +app api +dep_\w+ is live in cli-api-\d+-\w+: sha256:/)
})

test('doctor ends with 1 and the remedy when something is wrong', { tags: 'long' }, async () => {
  const config = vm.config['registries'] as Record<string, { password: string }>
  const [host = ''] = Object.keys(config)
  const before = { ...config[host] }
  Object.assign(config[host] ?? {}, { password: 'not the password' })
  await vm.reload()
  const { stdout, code } = await run('doctor')
  const check = await run('check', '--registries')
  Object.assign(config[host] ?? {}, before)
  await vm.reload()
  expect(code).toBe(1)
  expect(stdout).toMatch(
    /\nFAIL +registry of api +the registry does not let us read .*\n +-> check user/,
  )
  expect(check.code).toBe(1)
  expect(check.stdout).toMatch(/^FAIL +registry of api/)
  expect(stdout).not.toContain('not the password')
})

test.for([
  [['deploy'], 2, "missing required argument 'app'"],
  [['history'], 2, "missing required argument 'app'"],
  [['tags'], 2, "missing required argument 'app'"],
  [['tags', 'none'], 1, 'there is no app "none"'],
  [['deploy', 'none'], 1, 'there is no app "none"'],
  [['rollback', 'api', 'x'], 1, 'is neither "previous", nor a tag, a digest or a deployment'],
  [['deploy', 'api', 'ghcr.io/evil/api:1'], 1, 'ghcr.io/evil/api is not the repository of api'],
  [['status', 'none'], 1, 'there is no app "none"\n  deploy-receiver status lists them'],
  [['destroy'], 2, "unknown command 'destroy'"],
] as const)('%s ends with %i', async ([args, status, message]) => {
  const { code, stderr } = await run(...args)
  expect(code).toBe(status)
  expect(stderr).toContain(message)
  expect(stderr).not.toMatch(/^\s+at /m)
})
