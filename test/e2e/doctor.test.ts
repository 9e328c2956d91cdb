// @module-tag long
import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { connect, createServer, type Server as TcpServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { startNginx } from '../support/nginx.ts'
import { operate } from '../support/operator.ts'
import { PROGRAM } from '../support/program.ts'
import { answers, type RegistryProxy, startRegistryProxy } from '../support/registry-proxy.ts'
import { startVm, type Vm } from '../support/vm.ts'

const DATA_MEGABYTES = 64

const stack = inject('stack')
let vm: Vm
let registry: RegistryProxy
let engine: EngineDoor
let data: string

/** One that logs nothing tells nobody of requests, which is a warning. */
const ACCESS_LOG = 'requests.log combined'

/** Everything that can be away stands behind a door of its own. */
beforeAll(async () => {
  vm = await startVm(stack, 'doctor', { accessLog: ACCESS_LOG })
  // asked as a sender would, without a name server
  vm.config['url'] = `http://localhost:${vm.sites}`
  registry = await startRegistryProxy(stack.registry.host)
  engine = createEngineDoor(stack.dockerHost.slice('unix://'.length), join(vm.dir, 'docker.sock'))
  await engine.open()
  vm.env['DOCKER_HOST'] = `unix://${join(vm.dir, 'docker.sock')}`
  data = join(vm.dir, 'data')
  mkdirSync(data)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DATA_MEGABYTES}m`, 'tmpfs', data])
  const digest = await vm.push('latest')
  const image = vm.repository.replace(stack.registry.host, registry.host)
  const [login] = Object.values(vm.config['registries'] as object) as [object]
  vm.config['registries'] = { [registry.host]: login }
  Object.assign(vm.config.apps['api'] ?? {}, { image, watch: '200ms', drain: '200ms' })
  await vm.start()
  const { deployment } = await vm.hook({ image: `${image}@${digest}` })
  expect(deployment).toMatchObject({ status: 'succeeded' })
})
afterAll(async () => {
  await vm.close()
  await registry.stop()
  await engine.shut()
})

interface EngineDoor {
  open(): Promise<void>
  /** Docker is down, for whoever comes this way. */
  shut(): Promise<void>
}

function createEngineDoor(engineSocket: string, path: string): EngineDoor {
  let server: TcpServer | undefined
  const open = new Set<Socket>()
  return {
    async open() {
      server = createServer((incoming) => {
        const outgoing = connect({ path: engineSocket })
        for (const [one, other] of [
          [incoming, outgoing],
          [outgoing, incoming],
        ] as const) {
          open.add(one)
          one.on('error', () => other.destroy()).on('close', () => open.delete(one))
          one.pipe(other)
        }
      })
      await new Promise<void>((resolve) => server?.listen(path, resolve))
    },
    async shut() {
      const closed = new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)))
      for (const socket of open) socket.destroy()
      await closed
    },
  }
}

const env = () => ({ ...vm.env, REGISTRY_PASSWORD: stack.registry.password })
/** Runs the command in a terminal, as an operator would. */
function doctorInTerminal(): Promise<{ code: number; shown: string }> {
  const command = `${PROGRAM} doctor --config ${file()}`
  return new Promise((resolve) => {
    execFile(
      'script',
      ['-qec', command, '/dev/null'],
      { env: { ...process.env, ...env() } },
      (error, stdout) => {
        const shown = stripVTControlCharacters(stdout).replaceAll('\r\n', '\n')
        resolve({ code: Number(error?.code ?? 0), shown })
      },
    )
  })
}
async function doctor(): Promise<{ code: number; shown: string }> {
  const { code, stdout } = await operate(['doctor', '--config', file()], env())
  return { code, shown: stdout }
}

/** What is not as it has to be, by the first words of its line; the tests' engine is to take its containers with it. */
const wrongIn = (shown: string): string[] =>
  shown
    .replace(LIVE_RESTORE, '')
    .split('\n')
    .flatMap(
      (line) =>
        /^(?:FAIL|warn) {2}(?:\S+ )+(?= )/
          .exec(line)?.[0]
          .replace(/ \d+ $/, '')
          .trim() ?? [],
    )

const LIVE_RESTORE = /^warn {2}live-restore .*\n(?: .*\n)+/m

const file = () => join(vm.dir, 'config.yaml')
const conf = (name: string) => join(vm.nginx.directory, `${name}.conf`)
const main = () => join(vm.nginx.directory, '../nginx.conf')
const reload = () => vm.nginx.reloaded(() => vm.nginx.check())
const operator = async (...words: string[]) => {
  expect(await operate([...words, '--config', file()])).toMatchObject({ code: 0 })
}
const startNginxAgain = async () => {
  vm.nginx = await startNginx({ dir: join(vm.nginx.directory, '..'), accessLog: ACCESS_LOG })
}

/** Changes the words of a file, for as long as a world is broken. */
function edit(path: string, change: (text: string) => string): () => void {
  const before = readFileSync(path, 'utf8')
  writeFileSync(path, change(before))
  return () => writeFileSync(path, before)
}

interface World {
  /** Resolves to what follows the remedy. */
  breaks: () => Promise<() => unknown>
  /** All that is not `ok` then. */
  wrong: readonly string[]
  /** The thing with its value, and the remedy. */
  says: () => readonly string[]
}

const WORLDS: Readonly<Record<string, World>> = {
  'another program has the port of Nginx': {
    async breaks() {
      await vm.nginx.stop()
      const stranger = createHttpServer((_, response) => {
        response.writeHead(200, { server: 'Apache' }).end()
      })
      await new Promise<void>((resolve) => stranger.listen(vm.sites, '127.0.0.1', resolve))
      return async () => {
        stranger.closeAllConnections()
        await new Promise((resolve) => stranger.close(resolve))
        await startNginxAgain()
      }
    },
    wrong: ['FAIL  port', 'FAIL  site of api', 'FAIL  site of the receiver', 'FAIL  public URL'],
    says: () => [
      `port ${vm.sites}`,
      `node (pid ${process.pid}) has it, and Nginx is to`,
      `http://localhost:${vm.sites} answers 200 (Apache), and is not a receiver`,
      'it takes its files, and Apache answers where it would',
      `127.0.0.1:${vm.sites} answers 200 (Apache) for api.test`,
      `-> \`ss -ltnp 'sport = :${vm.sites}'\` shows what listens there: if it is another program, stop it`,
    ],
  },
  'Nginx does not read conf.d': {
    async breaks() {
      const another = `server { listen 127.0.0.1:${vm.sites}; return 404; }`
      const back = edit(main(), (text) => text.replace(/include .*;/, another))
      await reload()
      return () => (back(), reload())
    },
    wrong: ['FAIL  site of api', 'FAIL  site of the receiver', 'FAIL  public URL'],
    says: () => [
      `Nginx does not read ${conf('deploy-receiver.api')}`,
      `-> put \`include ${vm.nginx.directory}/*.conf;\` into http { } of its nginx.conf`,
    ],
  },
  'another site has the same name': {
    async breaks() {
      const text = `server { listen 127.0.0.1:${vm.sites}; server_name api.test; return 200 other; }\n`
      writeFileSync(conf('another'), text)
      await reload()
      return () => (rmSync(conf('another')), reload())
    },
    wrong: ['warn  nginx', 'FAIL  site of api'],
    says: () => [
      '-> conflicting server name "api.test"',
      `another site of Nginx has the name api.test, in ${conf('another')}, and answers first`,
      '-> take the name out of one of them, and `nginx -s reload`',
    ],
  },
  'Nginx does not take a file of somebody': {
    async breaks() {
      writeFileSync(conf('broken'), 'sever { }\n')
      return () => rmSync(conf('broken'))
    },
    wrong: ['FAIL  nginx'],
    says: () => [
      `unknown directive "sever" in ${conf('broken')}:1`,
      '-> correct the file and line',
    ],
  },
  'an app has the host of the receiver': {
    breaks: async () => edit(file(), (text) => text.replace('- api.test', '- localhost')),
    wrong: ['FAIL  config'],
    says: () => [
      'the file is not right: the one that was read before is in force',
      `-> ${file()}:`,
      `apps.api.domains[0]: localhost is the host of url (http://localhost:${vm.sites})`,
      '; give api another name, like api.localhost',
    ],
  },
  'the config was changed and not taken': {
    async breaks() {
      edit(file(), (text) => text.replace('- api.test', '- api.test\n      - www.test'))
      return () => operator('reload')
    },
    wrong: ['warn  config'],
    says: () => [`was changed since it was read: apps.api\n`, '-> deploy-receiver reload takes it'],
  },
  'somebody edited a file of the receiver': {
    async breaks() {
      edit(conf('deploy-receiver.api'), (text) =>
        text.replace(
          '  server_name',
          '  listen 127.0.0.1:1 ssl; # managed by Certbot\n  server_name',
        ),
      )
      return () => operator('reload', '--overwrite')
    },
    wrong: ['warn  file of api', 'FAIL  nginx', 'FAIL  site of api'],
    says: () => [
      `${conf('deploy-receiver.api')} was edited, and is left alone`,
      '-> deploy-receiver reload --overwrite writes it anew',
      '+  listen 127.0.0.1:1 ssl; # managed by Certbot',
      'no "ssl_certificate" is defined',
    ],
  },
  'Nginx is down': {
    async breaks() {
      await vm.nginx.stop()
      return startNginxAgain
    },
    wrong: [
      'FAIL  port',
      'FAIL  nginx',
      'FAIL  site of api',
      'FAIL  site of the receiver',
      'FAIL  public URL',
    ],
    says: () => [
      `Nginx does not run: nothing listens at 127.0.0.1:${vm.sites}\n`,
      '-> systemctl start nginx',
    ],
  },
  'Docker is down': {
    async breaks() {
      await engine.shut()
      return () => engine.open()
    },
    wrong: ['FAIL  docker', 'FAIL  disk', 'FAIL  app api'],
    says: () => [
      `Docker does not answer (connect ENOENT ${join(vm.dir, 'docker.sock')})`,
      '-> systemctl start docker',
    ],
  },
  'the disk is full': {
    async breaks() {
      writeFileSync(join(data, 'filler'), Buffer.alloc(50_000_000))
      return () => rmSync(join(data, 'filler'))
    },
    wrong: ['FAIL  data'],
    says: () => [
      `${data} has `,
      ' MB left, less than 20 MB\n',
      `-> \`df -h ${data}\` shows the disk`,
    ],
  },
  'the clock is wrong': {
    async breaks() {
      const date = new Date(Date.now() + 7_500_000).toUTCString()
      registry.interfere(
        (request, response) =>
          request.url === '/v2/' && answers(401, {}, { date })(request, response),
      )
      return () => registry.interfere()
    },
    wrong: ['FAIL  clock'],
    says: () => [
      `this machine's clock is 2 h behind that of ${registry.host}\n`,
      'timedatectl set-ntp true',
    ],
  },
  'a registry is away': {
    async breaks() {
      registry.interfere(({ socket }) => (socket.destroy(), true))
      return () => registry.interfere()
    },
    wrong: ['FAIL  registry of api'],
    says: () => [
      `cannot read ${registry.host}/acme/doctor at its registry: `,
      `-> check that the VM reaches it (curl -v http`,
    ],
  },
}

test('where all is well there is nothing but ok, in a terminal too', async () => {
  await isWell()
  expect(steady(await doctorInTerminal())).toEqual(steady(await doctor()))
})

/** Others fill the same disk. */
const steady = ({ code, shown }: { code: number; shown: string }) => ({
  code,
  shown: shown.replaceAll(/ has \S+ [GM]B left$/gm, ' has room'),
})

async function isWell(): Promise<void> {
  // Nginx takes its files, and the receiver finds Docker, a moment after they were told to
  await expect
    .poll(async () => {
      const { code, shown } = await doctor()
      return { code, shown: shown.replace(LIVE_RESTORE, '') }
    })
    .toEqual({ code: 0, shown: expect.stringMatching(/^(?:ok {4}.*\n)+$/) })
}

test.for(Object.entries(WORLDS))('when %s it is named with its remedy, which helps', isNamed)

async function isNamed([, { breaks, wrong, says }]: readonly [string, World]): Promise<void> {
  const mend = await breaks()
  try {
    const { code, shown } = await doctor()
    expect(wrongIn(shown), shown).toEqual(wrong)
    expect(code).toBe(wrong.some((line) => line.startsWith('FAIL')) ? 1 : 0)
    for (const text of says()) expect(shown).toContain(text)
  } finally {
    await mend()
  }
  await isWell()
}

test('without a receiver it says so, and looks at all that needs no record', async () => {
  await vm.receiver().stop()
  const { code, shown } = await doctor()
  expect(code).toBe(1)
  expect(wrongIn(shown)).toEqual(['FAIL  receiver'])
  expect(shown).toContain(`no receiver listens on ${vm.config.socket}\n`)
  expect(shown).toContain('-> systemctl start deploy-receiver')
  expect(shown).toMatch(/\nok +site of api +Nginx serves it at http:\/\/api\.test:\d+\n/)
})

test('what keeps a receiver from starting is among it: its directory, Docker, or the config', async () => {
  execFileSync('mount', ['-o', 'remount,ro', data])
  await engine.shut()
  const down = await doctor()
  expect(wrongIn(down.shown)).toEqual(
    ['receiver', 'docker', 'disk', 'data'].map((each) => `FAIL  ${each}`),
  )
  expect(down.shown).toContain(`${data} cannot be written: its disk is mounted read-only\n`)
  expect(down.shown).toContain('start Docker (systemctl start docker)')
  writeFileSync(file(), 'url: [\n')
  const broken = await doctor()
  expect(wrongIn(broken.shown)).toContain('FAIL  config')
  expect(broken.shown).toContain(`-> ${file()}:`)
})
