// @module-tag long
import { existsSync, readFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { heardFlag } from '../../receiver/edges/slots.ts'
import { ask } from '../support/ask.ts'
import { operate } from '../support/operator.ts'
import { startVm, type Vm } from '../support/vm.ts'

const CLIENTS = 6
const PAUSE_MS = 10

let vm: Vm
let one: string
let two: string

beforeAll(async () => {
  vm = await startVm(inject('stack'), 'e2e-traffic', { accessLog: 'requests.log combined' })
  ;[one, two] = [await vm.push('one'), await vm.push('two')]
  await vm.start()
  expect(await vm.deploy(one)).toMatchObject({ status: 'succeeded' })
})
afterAll(() => vm.close())

interface Traffic {
  requests: number
  client_errors: number
  server_errors: number
  swap: { deployment: string; requests: number; client_errors: number; server_errors: number }
}
const traffic = async () =>
  ((await vm.read('/apps/api')) as { traffic: Traffic | null }).traffic ?? fail('no traffic')
const fail = (why: string): never => {
  throw new Error(why)
}
/** A metric's value by its labels, as they stand in the text. */
async function metric(name: string, labels: string): Promise<number> {
  const { text } = await vm.readText('/metrics')
  const line = text.split('\n').find((each) => each.startsWith(`deploy_receiver_${name}{${labels}`))
  return line === undefined ? 0 : Number(line.slice(line.lastIndexOf(' ') + 1))
}
const countedInAll = async () => ({
  '2xx': await metric('requests_total', 'app="api",code="2xx"'),
  '4xx': await metric('requests_total', 'app="api",code="4xx"'),
  '5xx': await metric('requests_total', 'app="api",code="5xx"'),
})
const command = (...words: string[]) =>
  operate([...words, '--config', vm.receiver().config], {
    REGISTRY_PASSWORD: inject('stack').registry.password,
  })

/** Clients with a connection each that ask all the while, every tenth time for what is not there, and count what they get. */
function load() {
  const met = { '2xx': 0, '4xx': 0, '5xx': 0 }
  let isOver = false
  const client = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let at = 0; !isOver; at += 1) {
      const path = at % 10 === 9 ? '/nowhere' : '/'
      const { status } = await ask({ port: vm.sites, domain: 'api.test' }, { agent, path })
      met[`${String(status)[0]}xx` as keyof typeof met] += 1
      await pause(PAUSE_MS)
    }
    agent.destroy()
  }
  const all = Promise.all(Array.from({ length: CLIENTS }, client))
  // whoever stops it hears of its failure
  all.catch(() => {})
  return {
    met,
    async stop() {
      isOver = true
      await all
      return met
    },
  }
}

const syslogErrors = () =>
  readFileSync(join(vm.nginx.directory, '../error.log'), 'utf8').split('send() to syslog').length -
  1

test('a swap under load: what the clients counted, the metrics, status and the page say', async () => {
  await expect.poll(countedInAll).toStrictEqual({ '2xx': 0, '4xx': 0, '5xx': 0 })
  const clients = load()
  await expect.poll(() => clients.met['2xx']).toBeGreaterThan(100)
  const deployment = await vm.deploy(two)
  expect(deployment).toMatchObject({ status: 'succeeded' })
  await expect.poll(async () => (await traffic()).swap.requests).toBeGreaterThan(100)
  const met = await clients.stop()
  expect(met['5xx']).toBe(0)

  await expect.poll(countedInAll).toStrictEqual(met)
  const { swap } = await traffic()
  expect(swap).toMatchObject({ deployment: deployment.id, server_errors: 0 })
  expect(swap.requests).toBeLessThan(met['2xx'] + met['4xx'])
  expect(await metric('swap_timestamp_seconds', 'app="api"')).toBe(
    Date.parse(deployment.live_at ?? '') / 1000,
  )
  expect(await metric('requests_since_swap', 'app="api",outcome="failed"')).toBe(0)
  expect(await metric('requests_since_swap', 'app="api",outcome="answered"')).toBe(swap.requests)
  const said = `${swap.requests} requests since the swap, none failed`
  expect((await command('status')).stdout).toContain(`api: ${said}`)
  expect(await page('/page/apps/api')).toContain(said)
})

/** As somebody gets it who signs in with a link. */
async function page(path: string): Promise<string> {
  const { stdout } = await command('login-link', '--name', 'Ada')
  const link = new URL(stdout.trim())
  const answer = await fetch(new URL('/page/login', link), {
    method: 'POST',
    headers: { origin: link.origin, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ link: link.pathname.split('/').at(-1) ?? '' }),
    redirect: 'manual',
  })
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  return (await fetch(new URL(path, link), { headers: { cookie } })).text()
}

test('while the receiver is stopped or was killed nobody notices, and the next one is told again', async () => {
  const flag = heardFlag(vm.config['data'] as string)
  const clients = load()
  await expect.poll(() => clients.met['2xx']).toBeGreaterThan(100)
  expect(syslogErrors()).toBe(0)
  await vm.receiver().stop()
  expect(existsSync(flag)).toBe(false)
  const before = clients.met['2xx']
  await expect.poll(() => clients.met['2xx']).toBeGreaterThan(before + 200)
  // whose requests were under way when it stopped
  expect(syslogErrors()).toBeLessThanOrEqual(CLIENTS)
  await vm.start()
  await expect.poll(async () => (await traffic()).requests).toBeGreaterThan(50)

  const killed = vm.receiver()
  killed.kill('SIGKILL')
  await killed.exited
  expect(existsSync(flag)).toBe(true)
  const started = syslogErrors()
  await expect.poll(syslogErrors).toBeGreaterThan(started + 20)
  await vm.start()
  await expect.poll(async () => (await traffic()).requests).toBeGreaterThan(50)
  expect((await clients.stop())['5xx']).toBe(0)
})
