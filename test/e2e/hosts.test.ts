// @module-tag long
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { ask } from '../support/ask.ts'
import { startVm, type Vm } from '../support/vm.ts'

let vm: Vm
let one: string
const DOCS = { paths: ['/docs'], strip_prefix: true, domains: ['api.test'] }

beforeAll(async () => {
  vm = await startVm(inject('stack'), 'e2e-hosts')
  one = await vm.push('one')
  const { api } = vm.config.apps
  vm.config.apps = { api: { ...api }, docs: { ...api, ...DOCS } }
  await vm.start()
})
afterAll(() => vm.close())

const at = (domain: string, path: string) => ask({ port: vm.sites, domain }, { path })

test('the receiver is met by the host of its url, before there is any app to meet', async () => {
  expect((await at('deploy.example.com', '/healthz')).status).toBe(200)
  expect((await at('api.test', '/')).status).toBe(503)
  await expect(at('unknown.test', '/')).rejects.toThrow()
})

test('two apps are deployed to one domain, each at its paths', async () => {
  const deploy = (app: string) => vm.hook({ image: `${vm.repository}@${one}` }, { app })
  expect((await deploy('docs')).deployment.status).toBe('succeeded')
  expect((await vm.visit('/docs/healthz')).status).toBe(200)
  expect((await vm.visit('/')).status).toBe(503)
  expect((await deploy('api')).deployment.status).toBe('succeeded')
  expect(await vm.visit('/')).toEqual({ status: 200, body: 'one\n' })
  const { checks } = (await vm.read('/doctor')) as { checks: { what: string; ok: boolean }[] }
  const found = checks.filter(({ what }) => /^(?:site of|unknown)/.test(what))
  expect(found).toMatchObject([
    { what: 'site of api', ok: true },
    { what: 'site of docs', ok: true },
    { what: 'site of the receiver', ok: true },
    { what: 'unknown names', ok: true },
  ])
})
