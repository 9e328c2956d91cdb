// @module-tag long
import { existsSync } from 'node:fs'
import { request } from 'node:http'
import Docker from 'dockerode'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { startVm, type Vm } from '../support/vm.ts'

const NETWORK = 'e2e-internal'
/** Ends by itself, whatever becomes of the test. */
const MOST_CALLS = 20_000

/** What this Node needs in a container that has only busybox. */
const LIBRARIES = ['/lib', '/lib64', '/usr/lib'].filter(existsSync)
/** Asks so many times, on connections that stay open, and says what it was answered. */
const CALLS = `
  const [url, times] = process.argv.slice(1)
  const call = async () => {
    try {
      const response = await fetch(url)
      console.log('answer', response.status, (await response.text()).trim())
    } catch (error) {
      console.log('answer', String(error.cause ?? error))
    }
  }
  const all = async () => {
    for (let at = 0; at < Number(times); at += 2) {
      await Promise.all([call(), call()])
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  all()
`
const stack = inject('stack')
const docker = new Docker({ socketPath: stack.dockerHost.slice('unix://'.length) })
let vm: Vm
let one: string
let two: string

beforeAll(async () => {
  vm = await startVm(stack, NETWORK)
  Object.assign(vm.config['nginx'] as object, { listen: [String(vm.sites)] })
  vm.config.apps['caller'] = {
    image: vm.repository,
    http: false,
    volumes: [...LIBRARIES, process.execPath].map((path) => `${path}:${path}:ro`),
    command: [
      process.execPath,
      '-e',
      CALLS,
      `http://api.internal:${vm.sites}/`,
      String(MOST_CALLS),
    ],
    release: {
      command: [process.execPath, '-e', CALLS, `http://api.internal:${vm.sites}/`, '1'],
    },
    stop_grace_period: '1s',
    watch: '1s',
    health: { interval: '500ms' },
  }
  ;[one, two] = [await vm.push('one'), await vm.push('two')]
  await vm.start()
})
afterAll(() => vm.close())

const containerOf = async (app: string) => {
  const label = [`deploy-receiver.network=${NETWORK}`, `deploy-receiver.app=${app}`]
  const [found] = await docker.listContainers({ filters: { label } })
  if (found === undefined) throw new Error(`${app} has no container`)
  return docker.getContainer(found.Id)
}

/** What the caller was answered so far. */
const answers = async (): Promise<string[]> => {
  const container = await containerOf('caller')
  const log = await container.logs({ stdout: true, stderr: true })
  return log
    .toString()
    .split('\n')
    .flatMap((line) => /answer (.*)$/.exec(line)?.[1] ?? [])
}

test('an app meets the live slot of another one by its name, over swaps and without a failed request', async () => {
  expect((await vm.deploy(one)).status).toBe('succeeded')
  const { deployment } = await vm.hook({ image: `${vm.repository}@${one}` }, { app: 'caller' })
  expect(deployment).toMatchObject({ status: 'succeeded' })
  // the release command's container knows the name, too
  const { text } = await vm.readText(`/deployments/${deployment.id}/events`)
  expect(text).toContain('"message":"answer 200 one"')

  for (const digest of [two, one]) {
    expect(await vm.deploy(digest)).toMatchObject({ status: 'succeeded' })
    const before = (await answers()).length
    const version = digest === one ? 'one' : 'two'
    await expect.poll(async () => (await answers()).slice(before).at(-1)).toBe(`200 ${version}`)
  }
  const all = await answers()
  expect(new Set(all)).toEqual(new Set(['200 one', '200 two']))
  expect(all.length).toBeGreaterThan(50)

  const { HostConfig } = await (await containerOf('api')).inspect()
  expect(HostConfig.ExtraHosts).toEqual([expect.stringMatching(/^api\.internal:10\./)])
})

test('whoever comes from elsewhere by that name gets a closed connection, and doctor has seen it answered', async () => {
  const visit = () =>
    new Promise((resolve, reject) => {
      const headers = { host: `api.internal:${vm.sites}` }
      request({ host: '127.0.0.1', port: vm.sites, headers, agent: false }, resolve)
        .once('error', reject)
        .end()
    })
  await expect(visit()).rejects.toThrow('socket hang up')
  expect(await vm.read('/doctor')).toMatchObject({
    checks: expect.arrayContaining([
      expect.objectContaining({
        what: 'site of api',
        ok: true,
        message: `Nginx serves it at http://api.test:${vm.sites}; other containers come by http://api.internal:${vm.sites}`,
      }),
    ]),
  })
})
