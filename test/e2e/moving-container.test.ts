// @module-tag long
import { execFile } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { parse } from 'yaml'
import { fencedOf } from '../docs/fenced.ts'
import { allTheWhile } from '../support/all-the-while.ts'
import { ask } from '../support/ask.ts'
import { reserveSubnet } from '../support/ports.ts'
import { waitFor } from '../support/processes.ts'
import { PROGRAM } from '../support/program.ts'
import { pushTiny } from '../support/tiny-image.ts'
import { startVm, type Vm } from '../support/vm.ts'

// docs/moving.md, "From docker run over SSH" and "From Watchtower", by the page's own commands

const run = promisify(execFile)
const stack = inject('stack')
const PAGE = readFileSync(new URL('../../docs/moving.md', import.meta.url), 'utf8')
const VISITORS = 3
/** The engine is shared, and so are its names. */
const OLD = {
  api: 'moving-old-api',
  watchtower: 'moving-old-watchtower',
  volume: 'moving-old-data',
  network: 'moving-old',
}
const OLD_ADDRESS = 9

let vm: Vm
let net: Awaited<ReturnType<typeof reserveSubnet>>
let seen: Map<string, number>
let visits: { stop(): Promise<unknown> }[] = []
let usual: Record<string, unknown>

beforeAll(async () => {
  vm = await startVm(stack, 'moving-container')
  vm.config['url'] = `http://${vm.config.listen}`
  net = await reserveSubnet()
  await docker('network', 'create', '--subnet', net.subnet, OLD.network)
  writeFileSync(join(vm.dir, 'old.env'), 'GREETING=hello there\n')
  usual = vm.config.apps['api'] ?? {}
  vm.config.apps = {}
  await pushLatest('one')
  await vm.start()
})
afterAll(async () => {
  await Promise.all(visits.map((each) => each.stop()))
  await vm.close()
  await docker('rm', '--force', OLD.api, OLD.watchtower)
  await docker('volume', 'rm', '--force', OLD.volume, `${OLD.volume}-2`)
  await docker('network', 'rm', OLD.network)
  await net.release()
})

const env = { ...process.env, DOCKER_HOST: stack.dockerHost, REGISTRY_PASSWORD: 'not-needed' }
const docker = async (...args: string[]) => (await run('docker', args, { env })).stdout

/** The commands of a part of the page, in order. */
const commandsBelow = (heading: string): string[] =>
  fencedOf(PAGE.split(`\n## ${heading}\n`)[1]?.split('\n## ', 1)[0] ?? '')
    .filter(({ language }) => language === 'sh')
    .map(({ text }) => text)
const configBelow = (heading: string): string =>
  fencedOf(PAGE.split(`\n## ${heading}\n`)[1] ?? '').find(({ language }) => language === 'yaml')
    ?.text ?? ''

/** Runs what somebody would who reads the page, on this VM instead of the one that it speaks of. */
async function type(text: string): Promise<string> {
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', here(text)], { env, cwd: vm.dir })
  return stdout
}

const here = (text: string) =>
  text
    .replaceAll(/^deploy-receiver (.*)$/gm, `${PROGRAM} --config ${vm.receiver().config} $1`)
    .replaceAll('/etc/nginx/sites-enabled/api', siteFile())
    .replaceAll('nginx -t && systemctl reload nginx', `${vm.nginx.test} && ${vm.nginx.reload}`)
    .replaceAll('http://127.0.0.1/', `http://127.0.0.1:${vm.sites}/`)
    .replaceAll(/(docker (?:rm -f|inspect)|--name) api\b/g, `$1 ${OLD.api}`)
    // the tests' engine publishes no ports: the old site asks the container itself
    .replaceAll('-p 127.0.0.1:8000:8000', `--network ${OLD.network} --ip ${oldAddress()}`)
    .replaceAll(/(--name|docker stop|docker rm -f .*) watchtower\b/g, `$1 ${OLD.watchtower}`)
    // whose place a loop of this test takes, for as long as this container runs
    .replaceAll(
      'containrrr/watchtower --interval 60',
      `${vm.repository}:latest /bin/busybox sleep 1000`,
    )
    .replace('-v /var/run/docker.sock:/var/run/docker.sock', '')
    .replaceAll('ghcr.io/acme/api', vm.repository)
    .replaceAll('api-data:/data', `${OLD.volume}:/www/data`)
    .replaceAll('/srv/api.env', join(vm.dir, 'old.env'))

const oldAddress = () => net.subnet.replace('0/24', String(OLD_ADDRESS))
const siteFile = () => join(vm.nginx.directory, 'zz-api.conf')

const visit = (domain: string, path = '/') =>
  ask({ port: vm.sites, domain }, { path }).then(
    ({ status, body }) => `${status} ${body.trim()}`,
    (error: unknown) => String(error),
  )

const untilItIs = (version: string) =>
  waitFor(async () => (await visit('api.example.com')) === `200 ${version}`, {
    what: `visitors do not get ${version}`,
  })

/** What the page starts from: the container by its own lines, behind a site of Nginx's, with a row in its volume. */
async function oldState(text: string) {
  rmSync(siteFile(), { force: true })
  await type(text.replace('docker pull', 'docker image inspect'))
  await docker('exec', OLD.api, '/bin/busybox', 'sh', '-c', 'echo a row >/www/data/row')
  writeFileSync(
    siteFile(),
    `server { listen 127.0.0.1:${vm.sites}; server_name api.example.com; location / { proxy_pass http://${oldAddress()}:8000; } }\n`,
  )
  await vm.nginx.check()
  await untilItIs('one')
  seen = new Map()
  visits = Array.from({ length: VISITORS }, () =>
    allTheWhile(async () => {
      const got = await visit('api.example.com')
      seen.set(got, (seen.get(got) ?? 0) + 1)
    }),
  )
}

async function nobodyNoticed(...versions: string[]) {
  await Promise.all(visits.map((each) => each.stop()))
  visits = []
  expect([...seen.keys()].toSorted()).toEqual(versions.map((each) => `200 ${each}`).toSorted())
}

/** The page's config, with what is this test's own: the receiver's part, the watch, and no TLS. */
function take(text: string, changes: Record<string, unknown> = {}): Promise<void> {
  const { apps } = parse(here(text)) as { apps: Record<string, Record<string, unknown>> }
  const { health: _, ...own } = usual
  vm.config.apps = { api: { ...own, ...apps['api'], ...changes } }
  return vm.reload()
}

const labelsOf = async () => {
  const [id = ''] = (
    await docker('ps', '--quiet', '--filter', 'label=deploy-receiver.network=moving-container')
  ).split('\n')
  return docker('inspect', '--format', '{{json .Config.Labels}}', id)
}

const overSsh = commandsBelow('From docker run over SSH')
const watchtower = commandsBelow('From Watchtower')
const polling = { poll: '10s' }

test('these are all commands of both parts of the page', () => {
  expect([overSsh.length, watchtower.length]).toEqual([6, 5])
})

test('from docker run over SSH: the same image is deployed beside the old container', async () => {
  const [old = '', inspect = '', deploy = ''] = overSsh
  await oldState(old)
  expect(await type(inspect)).toContain(`${OLD.volume}:/www/data`)
  await take(configBelow('From docker run over SSH'))
  expect((await type(deploy)).endsWith('one\n')).toBe(true)
  expect(await visit('moving.example.com', '/data/row')).toBe('200 a row')
})

test('visitors come to it, with the data and the variables of before', async () => {
  const [, , , over = '', away = '', last = ''] = overSsh
  await take(configBelow('From docker run over SSH'), { domains: ['api.example.com'] })
  await type(over)
  expect(await type(away.replace('doctor', 'doctor || true'))).toMatch(
    /^ok +site of api +Nginx serves it at http:\/\/api\.example\.com/m,
  )
  await type(last)
  expect(await visit('api.example.com', '/data/row')).toBe('200 a row')
  await type('deploy-receiver exec api -- /bin/busybox env | grep "^GREETING=hello there$"')
})

test('a push is deployed, and no request has failed', async () => {
  const { error } = await vm.deploy(await vm.push('two'))
  expect(error).toBeUndefined()
  await nobodyNoticed('one', 'two')
  expect(await visit('api.example.com', '/data/row')).toBe('200 a row')

  vm.config.apps = {}
  await vm.reload()
  await type('deploy-receiver remove api')
})

test('from Watchtower: once it is stopped, a push replaces nothing', async () => {
  const [old = '', stop = ''] = watchtower
  await pushLatest('one')
  await oldState(old)
  const [again = ''] = old.split('\ndocker run -d --name watchtower')
  const loop = likeWatchtower(again)
  await pushLatest('another')
  await untilItIs('another')
  await type(stop)
  await pushLatest('one')
  await loop.stop()
  expect(await visit('api.example.com')).toBe('200 another')
  // it stops the old one before it starts the new one: what that costs is not the move's
  seen.clear()
})

test('what was pushed is deployed beside the old container, and Watchtower is to leave it alone', async () => {
  const [, , deploy = ''] = watchtower
  await take(configBelow('From Watchtower'), polling)
  expect((await type(deploy)).endsWith('one\n')).toBe(true)
  expect(await labelsOf()).toContain('"com.centurylinklabs.watchtower.enable":"false"')
})

test('a push is live by polling, and no request has failed', async () => {
  const [, , , over = '', last = ''] = watchtower
  await take(configBelow('From Watchtower'), { ...polling, domains: ['api.example.com'] })
  await type(over)
  await type(last)
  await pushLatest('two')
  await untilItIs('two')
  await nobodyNoticed('another', 'one', 'two')
  expect(await visit('api.example.com', '/data/row')).toBe('200 a row')
})

test('a volume is copied into a file and brought back, as docs/limits.md and docs/backup.md say', async () => {
  const page = (name: string) =>
    readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8')
  const lines = ['limits', 'backup'].flatMap((name) =>
    fencedOf(page(name)).flatMap(({ text }) =>
      text.split('\n').filter((line) => line.startsWith('docker ')),
    ),
  )
  const own = (line: string) =>
    line
      .replace('/root/', '')
      .replace('api-data.tar', 'copied.tar')
      .replace('-v api-data:/from', `-v ${OLD.volume}:/from`)
      .replaceAll('api-data', `${OLD.volume}-2`)
      .replace(' busybox tar', ` ${vm.repository}:latest /bin/busybox tar`)
  expect(lines).toHaveLength(5)
  for (const line of lines) await type(own(line))
  const read = ['run', '--rm', '-v', `${OLD.volume}-2:/to`, `${vm.repository}:latest`]
  expect(await docker(...read, '/bin/busybox', 'cat', '/to/row')).toBe('a row\n')
})

const pushLatest = (version: string) =>
  pushTiny({
    host: stack.dockerHost,
    image: `${vm.repository}:latest`,
    version,
    login: stack.registry,
  })

/** Replaces the old container when the tag has moved, as Watchtower does: stops, then starts. */
function likeWatchtower(again: string) {
  return allTheWhile(async () => {
    const [runs, has, wanted] = await Promise.all([
      docker('inspect', '--format', '{{.State.Running}}', OLD.watchtower),
      docker('inspect', '--format', '{{.Image}}', OLD.api),
      docker('image', 'inspect', '--format', '{{.Id}}', `${vm.repository}:latest`),
    ])
    if (runs.trim() !== 'true' || has === wanted) return
    await docker('rm', '--force', OLD.api)
    await type(again)
  })
}
