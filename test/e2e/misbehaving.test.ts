// @module-tag long
import { statSync } from 'node:fs'
import { text as textOf } from 'node:stream/consumers'
import Docker from 'dockerode'
import { afterAll, beforeAll, inject, test } from 'vitest'
import type { Deployment } from '../../protocol/deployment.ts'
import { ask } from '../support/ask.ts'
import { END, endWhenTold } from '../support/end-when-told.ts'
import { startVm, type Vm } from '../support/vm.ts'

// apps of one image: busybox and its httpd on port 8000, with commands that go wrong
const stack = inject('stack')
const docker = new Docker({ socketPath: stack.dockerHost.slice('unix://'.length) })
const HTTPD = '/bin/busybox httpd -p 8000 -h /www'
const FOREVER = 'while :; do /bin/busybox sleep 1; done'
const shell = (script: string) => ['/bin/busybox', 'sh', '-c', script]
/** Answers every connection with what the script prints. */
const answering = (script: string) =>
  ['/bin/busybox', 'nc', '-ll', '-p', '8000', '-e'].concat(shell(script))
/** Reads a request to its end; `$ours` says whether it was for that host. */
const READ = [
  'while read -r line; do case "$line" in',
  '  [Hh]ost:*api.example.com*) ours=1 ;;',
  '  ?) break ;;',
  'esac; done',
].join('\n')
const ONLY_FOR_A_HOST = `${READ}
if test "$ours"; then printf "HTTP/1.0 200 OK\\r\\n\\r\\nhere\\n"
else printf "HTTP/1.0 421 Misdirected\\r\\n\\r\\nwhich host?\\n"; fi`

const COMMANDS = {
  gone: shell('echo "no database"; exit 3'),
  short: shell(endWhenTold('echo out of ideas; exit 4')),
  deaf: shell(`trap "" TERM; ${HTTPD}; ${FOREVER}`),
  // it listens when it is told to
  late: shell(`until test -e /go; do /bin/busybox usleep 20000; done; ${HTTPD}; ${FOREVER}`),
  sick: answering(`${READ}; printf "HTTP/1.0 500 Oops\\r\\n\\r\\nno database\\n"`),
  picky: answering(ONLY_FOR_A_HOST),
  // no program at all, as one that was built for another processor
  foreign: ['/www/foreign'],
  // more than its log may have; without an end it would take what others compute with
  loud: shell(
    `${HTTPD}; /bin/busybox yes "a line of a log" | /bin/busybox head -c 50000000; ${FOREVER}`,
  ),
}
let vm: Vm
let digest: string

beforeAll(async () => {
  vm = await startVm(stack, 'misbehaving')
  const { api = {} } = vm.config.apps
  vm.config.apps = {
    ...Object.fromEntries(
      Object.entries(COMMANDS).map(([name, command]) => [
        name,
        { ...api, domains: [`${name}.test`], command: command.map(dollars) },
      ]),
    ),
    // it is told to end while it is watched
    short: {
      ...api,
      domains: ['short.test'],
      command: COMMANDS.short.map(dollars),
      watch: '10m',
    },
    heard: {
      ...api,
      domains: ['heard.test'],
      command: COMMANDS.picky.map(dollars),
      health: { path: '/', headers: { Host: 'api.example.com' } },
    },
  }
  digest = await vm.push('one', { files: { 'www/foreign': 'no program' } })
  await vm.start()
})
afterAll(() => vm.close())

/** As in Compose, a dollar that is meant as one is written twice. */
const dollars = (text: string) => text.replaceAll('$', '$$$$')
const deploy = async (app: string) =>
  (await vm.hook({ image: `${vm.repository}@${digest}` }, { app })).deployment
const containers = async (app: string) =>
  (await docker.listContainers({ all: true })).filter(({ Names }) =>
    Names[0]?.startsWith(`/misbehaving-${app}-`),
  )
/** What Docker sent to a container while a deployment ran, and when. */
async function signalsTo(container: string, deployment: Deployment) {
  const seconds = (time = '') => Date.parse(time) / 1000
  const stream = await docker.getEvents({
    since: Math.floor(seconds(deployment.created_at)),
    until: Math.ceil(seconds(deployment.finished_at)),
    filters: { container: [container], event: ['kill'] },
  })
  return (await textOf(stream))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as DockerEvent)
    .map(({ timeNano, Actor }) => ({ signal: Actor.Attributes.signal, at: timeNano / 1e6 }))
}

interface DockerEvent {
  timeNano: number
  Actor: { Attributes: { signal: string } }
}

test.concurrent(
  'a program that was built for another machine is told from one that fails',
  async ({ expect }) => {
    const { error } = await deploy('foreign')
    expect(error).toMatchObject({
      code: 'exited',
      hint: expect.stringContaining('platforms: linux/amd64,linux/arm64'),
      log: expect.arrayContaining([expect.stringContaining('exec format error')]),
    })
  },
)

test.concurrent(
  'a container that exits at once fails it with its exit code and log, and is removed',
  async ({ expect }) => {
    const { status, error } = await deploy('gone')
    expect(status).toBe('failed')
    expect(error).toMatchObject({ code: 'exited', log: expect.arrayContaining(['no database']) })
    expect(error?.message).toMatch(/exited with code 3( and was restarted|$)/)
    expect(await containers('gone')).toEqual([])
  },
)

test.concurrent('one that answers and then dies fails it in watch', async ({ expect }) => {
  const ended = deploy('short')
  const site = { port: vm.sites, domain: 'short.test' }
  await expect.poll(async () => (await ask(site)).status).toBe(200)
  await ask(site, { path: END })
  const { error, steps } = await ended
  expect(steps.at(-1)).toMatchObject({ name: 'watch', status: 'failed' })
  expect(error?.message).toMatch(/exited with code 4( and was restarted|; swapped back|$)/)
  expect(error).toMatchObject({ log: expect.arrayContaining(['out of ideas']) })
})

test.concurrent(
  'one that ignores SIGTERM is killed after its grace, and the next one is live before that',
  async ({ expect }) => {
    await deploy('deaf')
    const [first] = await containers('deaf')
    const second = await deploy('deaf')
    expect(second).toMatchObject({ status: 'succeeded' })
    expect(await containers('deaf')).toHaveLength(1)
    const { text } = await vm.readText(`/deployments/${second.id}/events`)
    expect(text).toMatch(/did not end within 1 s of the signal to stop and was killed: init: true/)
    const [told, killed, ...others] = await signalsTo(first?.Id ?? '', second)
    expect(others).toEqual([])
    expect([told?.signal, killed?.signal]).toEqual(['15', '9'])
    const liveAt = Date.parse(second.live_at ?? '')
    expect(killed?.at).toBeGreaterThan(liveAt)
    // a timer never fires early: this holds on every machine
    expect((killed?.at ?? 0) - (told?.at ?? 0)).toBeGreaterThan(900)
  },
)

test.concurrent('one that listens late is waited for', async ({ expect }) => {
  const { deployment } = await vm.hook(
    { image: `${vm.repository}@${digest}` },
    { app: 'late', wait: 0 },
  )
  await vm.hear(deployment.id, 'connection refused')
  const [{ Id } = { Id: '' }] = await containers('late')
  const touch = await docker.getContainer(Id).exec({ Cmd: ['/bin/busybox', 'touch', '/go'] })
  await touch.start({})
  await vm.hear(deployment.id, '"type":"finished"')
  expect(await vm.read(`/deployments/${deployment.id}`)).toMatchObject({ status: 'succeeded' })
})

test.concurrent('one that answers 500 fails it with what it answered', async ({ expect }) => {
  const { status, error } = await deploy('sick')
  expect(status).toBe('failed')
  expect(error).toMatchObject({ code: 'unhealthy' })
  expect(error?.message).toContain('GET /healthz answered 500: no database')
})

test.concurrent(
  'one that answers another Host only is told apart by its answer, and healthy with that header',
  async ({ expect }) => {
    const { error } = await deploy('picky')
    expect(error?.message).toContain('GET /healthz answered 421: which host?')
    expect(await deploy('heard')).toMatchObject({ status: 'succeeded' })
    expect(await ask({ port: vm.sites, domain: 'heard.test' })).toMatchObject({ status: 421 })
  },
)

test.concurrent(
  'one that floods its log is deployed, and its log stays within bounds',
  async ({ expect }) => {
    expect(await deploy('loud')).toMatchObject({ status: 'succeeded' })
    const [container] = await containers('loud')
    const { LogPath } = await docker.getContainer(container?.Id ?? '').inspect()
    const bytes = () =>
      ['', '.1', '.2', '.3', '.4'].reduce(
        (sum, end) => sum + (statSync(`${LogPath}${end}`, { throwIfNoEntry: false })?.size ?? 0),
        0,
      )
    await expect.poll(bytes).toBeGreaterThan(1_000_000)
    expect(bytes()).toBeLessThan(35_000_000)
    await docker.getContainer(container?.Id ?? '').remove({ force: true })
  },
)
