import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { Deployment, DeploymentEvent } from '../../protocol/deployment.ts'
import type { ImageConfig } from '../support/tiny-image.ts'
import { startVm, type Vm } from '../support/vm.ts'

// images and settings as people have them: what an app says of its health, and how it fails to be reached
const stack = inject('stack')
const shell = (script: string) => ['/bin/busybox', 'sh', '-c', script.replaceAll('$', '$$$$')]
/** Answers every connection with what the script prints. */
const answering = (script: string) =>
  ['/bin/busybox', 'nc', '-ll', '-p', '8000', '-e'].concat(shell(script))
/** As a framework with a list of hosts that it knows. */
const KNOWS_HOSTS = `
while read -r line; do case "$line" in
  [Hh]ost:*known.test*) known=1 ;;
  ?) break ;;
esac; done
if test "$known"; then printf "HTTP/1.0 200 OK\\r\\n\\r\\nhere\\n"
else printf "HTTP/1.0 400 Bad Request\\r\\n\\r\\nDisallowedHost\\n"; fi`
const REDIRECTS = `
while read -r line; do case "$line" in ?) break ;; esac; done
printf "HTTP/1.0 301 Moved\\r\\nLocation: https://loops.test/healthz\\r\\n\\r\\n"`
/** The image has no /bin/sh, whose a test that is written as one text would be. */
const SECOND_NS = 1e9
const checked = (times: { StartPeriod?: number; StartInterval?: number }): ImageConfig => ({
  Healthcheck: {
    Test: ['CMD', '/bin/busybox', 'sh', '-c', 'test -e /www/healthz && echo fine'],
    Interval: 300 * SECOND_NS,
    ...times,
  },
})

let vm: Vm
let digest: string

beforeAll(async () => {
  vm = await startVm(stack, 'health')
  const { api = {} } = vm.config.apps
  const { health: _, ...unasked } = api
  const app = (name: string, command: string[], more: object = {}) => ({
    [name]: { ...api, domains: [`${name}.test`], command, ...more },
  })
  vm.config.apps = {
    api: unasked,
    ...app('known', answering(KNOWS_HOSTS)),
    ...app('stranger', answering(KNOWS_HOSTS)),
    ...app('loops', answering(REDIRECTS)),
    ...app('loopback', ['/bin/busybox', 'httpd', '-f', '-p', '127.0.0.1:8000', '-h', '/www']),
    ...app('elsewhere', ['/bin/busybox', 'httpd', '-f', '-p', '3000', '-h', '/www'], {
      port: 8000,
    }),
    ...app('silent', shell('echo unheard; exit 3'), { logging: { driver: 'none' } }),
  }
  digest = await vm.push('plain')
  await vm.start()
})
afterAll(() => vm.close())

const deploy = async (app: string, version = digest) =>
  (await vm.hook({ image: `${vm.repository}@${version}` }, { app })).deployment
async function lineOf({ id }: Deployment, step: string) {
  const { text } = await vm.readText(`/deployments/${id}/events`)
  return [...text.matchAll(/^data: (.*)$/gm)]
    .map(([, data = '']) => JSON.parse(data) as DeploymentEvent)
    .flatMap((event) =>
      event.type === 'step' && event.step === step && event.status === 'succeeded'
        ? [event.message]
        : [],
    )[0]
}

describe('a HEALTHCHECK of an image', () => {
  test('that comes every five minutes is not waited for', { tags: 'long' }, async () => {
    const deployment = await deploy('api', await vm.push('seldom', { config: checked({}) }))
    expect(deployment).toMatchObject({ status: 'succeeded' })
    // Docker has not run it yet
    expect(await lineOf(deployment, 'health')).toMatch(
      /^HEALTHCHECK passes: fine, after \d+ probes$/,
    )
  })

  test('that Docker runs while the container starts counts too', async () => {
    const config = checked({ StartPeriod: 180 * SECOND_NS, StartInterval: SECOND_NS })
    const deployment = await deploy('api', await vm.push('starting', { config }))
    expect(deployment).toMatchObject({ status: 'succeeded' })
    expect(await lineOf(deployment, 'health')).toMatch(/^HEALTHCHECK (passes|healthy): fine/)
  })
})

describe('an app', () => {
  test(
    'that answers only to hosts that it knows is asked as its visitors ask',
    { tags: 'long' },
    async () => {
      expect(await deploy('known')).toMatchObject({ status: 'succeeded' })
      expect((await deploy('stranger')).error).toMatchObject({
        code: 'unhealthy',
        message: expect.stringContaining('GET /healthz answered 400: DisallowedHost'),
        hint: expect.stringMatching(/Host: stranger\.test.*apps\.stranger\.health\.headers/),
      })
    },
  )

  test('that redirects visitors to itself is not live', { tags: 'long' }, async () => {
    expect((await deploy('loops')).error).toMatchObject({
      code: 'unhealthy',
      message: expect.stringContaining('a redirect to itself (https://loops.test/healthz)'),
    })
  })

  const NOWHERE = 'that listens where nobody reaches it is told where: %s'
  const saysWhere = async ([app, where]: readonly [string, string]) => {
    expect((await deploy(app)).error).toMatchObject({
      code: 'unhealthy',
      message: expect.stringContaining(where),
    })
  }
  test.for([['loopback', 'it listens on 127.0.0.1:8000 only: listen on 0.0.0.0']] as const)(
    NOWHERE,
    saysWhere,
  )
  test.for([['elsewhere', 'it listens on 3000, not on 8000']] as const)(
    NOWHERE,
    { tags: 'long' },
    saysWhere,
  )

  test(
    'that ends and keeps no log fails with its exit code, also when Docker has restarted it',
    { tags: 'long' },
    async () => {
      expect((await deploy('silent')).error).toMatchObject({
        code: 'exited',
        message: expect.stringContaining('exited with code 3'),
        hint: 'it has no log: apps.silent.logging has the driver none, which keeps nothing',
        log: [],
      })
    },
  )
})
