import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { parse } from 'yaml'
import { type Issuer, startIssuer } from '../support/oidc-issuer.ts'
import { PROGRAM } from '../support/program.ts'
import { pushTiny } from '../support/tiny-image.ts'
import { startVm, type Vm } from '../support/vm.ts'

const run = promisify(execFile)
const PAGE = readFileSync(new URL('../../docs/hooks.md', import.meta.url), 'utf8')
/** The page's blocks of one language, in order. */
const blocks = (language: string): string[] =>
  [...PAGE.matchAll(new RegExp('^```' + language + '\\n(.*?)^```$', 'gms'))].map(
    ([, text = '']) => text,
  )
const commands = blocks('sh')
const makesKeys = (text: string) => /^(?:openssl|printf)/.test(text)

let vm: Vm
let issuer: Issuer
let made: string[]
let env: NodeJS.ProcessEnv

/** Runs a block as someone would who read the page, on this VM instead of the one that it speaks of. */
async function execute(text: string): Promise<string> {
  const { host } = new URL(vm.config['url'] as string)
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', here(text, host)], {
    cwd: vm.dir,
    env,
  })
  return stdout
}

const here = (text: string, host: string) =>
  text
    .replaceAll(/https:\/\/((?:[^\s"@]*@)?)deploy\.example\.com/g, `http://$1${host}`)
    .replaceAll('/run/deploy-receiver/deploy-receiver.sock', vm.config.socket)
    .replaceAll(/^deploy-receiver (.*)$/gm, `${PROGRAM} $1 --config ${join(vm.dir, 'config.yaml')}`)
    .replaceAll('ghcr.io/acme/api', vm.repository)
    .replaceAll('"acme.azurecr.io"', JSON.stringify(vm.repository.split('/', 1)[0]))

beforeAll(async () => {
  const stack = inject('stack')
  vm = await startVm(stack, 'docs')
  issuer = await startIssuer()
  vm.config['url'] = `http://${vm.config.listen}`
  const secret = () => randomBytes(24).toString('hex')
  env = {
    ...process.env,
    ACTIONS_ID_TOKEN_REQUEST_URL: issuer.requestUrl,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: issuer.requestToken,
    API_HOOK_TOKEN: secret(),
    WEB_HOOK_TOKEN: secret(),
    API_GITHUB_SECRET: secret(),
  }
  made = (await Promise.all(commands.filter(makesKeys).map(execute))).flatMap((text) =>
    text.trim().split('\n'),
  )
  env['API_HOOK_SECRET'] = made.find((line) => line.startsWith('whsec_'))
  configure(vm.config.apps)
  for (const tag of ['latest', '1.4.2']) {
    await pushTiny({
      host: stack.dockerHost,
      image: `${vm.repository}:${tag}`,
      version: tag,
      login: stack.registry,
    })
  }
  await vm.start()
})
afterAll(async () => {
  await vm.close()
  await issuer.stop()
})

/** Puts what the page says for the config into ours, with the keys that its commands have made. */
function configure(apps: Vm['config']['apps']): void {
  const key = made.find((line) => line.startsWith('whpk_')) ?? ''
  for (const text of blocks('yaml')) {
    const filled = text
      .replaceAll('whpk_…', key)
      .replaceAll(/\$\{(\w+)\}/g, (_, name: string) => env[name] ?? '')
    const said = parse(filled) as {
      apps: Record<string, { image?: string; auth: { oidc?: object } }>
    }
    for (const [name, { image, auth }] of Object.entries(said.apps)) {
      const app = (apps[name] ??= {
        image: image?.replace('acme.azurecr.io', vm.repository.split('/', 1)[0] ?? ''),
      })
      app['auth'] = { ...(app['auth'] as object), ...auth }
      if (auth.oidc !== undefined) Object.assign(auth.oidc, { issuer: issuer.url })
    }
  }
}

/** Runs the block that holds `mark`; there must be one. */
async function executeWith(mark: string): Promise<string> {
  const found = commands.filter((text) => text.includes(mark) && !makesKeys(text))
  expect(found).toHaveLength(1)
  return execute(found[0] ?? '')
}

/** The JSON answers that curl printed one after the other. */
const answers = (text: string) =>
  text
    .trim()
    .split(/(?<=\})\s*(?=\{)/)
    .map((each) => JSON.parse(each) as { deployment?: object; result?: string; code?: string })

test('the page has a block for every kind, and no block is left out here', () => {
  const marks = [
    'ACTIONS_ID_TOKEN',
    'v1a,',
    'v1,$',
    'CI_CD_URL=',
    '"push"',
    'X-Hub-Signature',
    '--unix-socket',
    'answer.json',
  ]
  for (const text of commands) {
    expect(makesKeys(text) || marks.some((mark) => text.includes(mark)), text).toBe(true)
  }
  // two halves of a pair, a secret, a token
  expect(made.map((line) => line.replace(/^(wh\w+_)?.*/, '$1')).join(' ')).toBe(
    'whpk_ whsk_ whsec_ ',
  )
})

test('OIDC', async () => {
  const [answer] = answers(await executeWith('ACTIONS_ID_TOKEN'))
  expect(answer).toMatchObject({ deployment: { action: 'deploy', image: { tag: '1.4.2' } } })
})

test('Standard Webhooks with a key pair', async () => {
  const [redeploy, rollback] = answers(await executeWith('v1a,'))
  expect(redeploy).toMatchObject({ deployment: { action: 'redeploy', status: 'succeeded' } })
  expect(rollback).toMatchObject({ deployment: { action: 'rollback' } })
})

test('the example script for any CI waits for the end, and fails with it', async () => {
  const script = fileURLToPath(new URL('../../examples/workflows/curl.sh', import.meta.url))
  const url = `${vm.config['url'] as string}/hooks/api`
  const post = (body: object) =>
    run('sh', [script, url, JSON.stringify(body), 'key.pem'], { cwd: vm.dir, env }).then(
      ({ stdout }) => stdout,
      ({ stdout }: { stdout: string }) => `failed: ${stdout}`,
    )
  expect(await post({ image: `${vm.repository}:1.4.2` })).toMatch(/^\{"deployment".*"succeeded"/)
  expect(await post({ image: `${vm.repository}:none` })).toMatch(/^failed: \{.*"image_missing"/)
})

test('Standard Webhooks with a shared secret', async () => {
  const [answer] = answers(await executeWith('v1,$'))
  expect(answer).toMatchObject({ deployment: { action: 'deploy', image: { tag: '1.4.2' } } })
})

test('Basic', async () => {
  // something to go back from: a rollback before this one left the first of all live
  expect(await vm.hook({})).toMatchObject({ deployment: { status: 'succeeded' } })
  const [redeploy, rollback] = answers(await executeWith('CI_CD_URL='))
  expect(redeploy).toMatchObject({ deployment: { action: 'redeploy' } })
  expect(rollback).toMatchObject({ deployment: { action: 'rollback' } })
})

test("a registry's payload", async () => {
  const [answer] = answers(await executeWith('"push"'))
  expect(answer).toMatchObject({ deployment: { app: 'web', image: { tag: 'latest' } } })
})

test('a GitHub webhook', async () => {
  // a rollback went back from it above: until somebody orders it, a hint does not bring it back
  expect(await vm.hook({})).toMatchObject({ deployment: { status: 'succeeded' } })
  const [answer] = answers(await executeWith('X-Hub-Signature'))
  const known = answer?.deployment !== undefined || answer?.result === 'unchanged'
  expect(known, JSON.stringify(answer)).toBe(true)
})

test('on the VM, with the audit trail of all that was asked above', async () => {
  const text = await executeWith('--unix-socket')
  const table = text.slice(text.indexOf('LAST'))
  for (const kind of ['oidc acme/hello', 'webhook key', 'basic key', 'github key', 'socket']) {
    expect(table).toContain(kind)
  }
  expect(table).toContain('local socket')
})

test('following', async () => {
  const text = await executeWith('answer.json')
  expect(text).toContain('event: finished')
})
