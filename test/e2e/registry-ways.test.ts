// @module-tag long
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { divide } from '../../receiver/edges/subnet.ts'
import { makeCertificates } from '../support/certificates.ts'
import { type PrivateEngine, startDockerd } from '../support/dockerd.ts'
import { pushTiny } from '../support/tiny-image.ts'
import { freePort, reserveSubnet, type Subnet } from '../support/ports.ts'
import { type PrivateRegistry, startOpenRegistry, startRegistry } from '../support/registry.ts'
import { startVm, type Vm } from '../support/vm.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

const stack = inject('stack')
const { username, password } = stack.registry
const login = { username, password }
/** Nothing listens there: what is asked through it cannot be reached. */
const NOWHERE = 'http://127.0.0.1:9'
let workspace: Workspace
let subnet: Subnet
let engine: PrivateEngine
let vm: Vm
let secure: PrivateRegistry
let plain: PrivateRegistry
/** PEM file. */
let authority: string
/** Stands for Docker Hub, where only its mirror reaches it. */
let hub: Pick<PrivateRegistry, 'host' | 'stop'>
let mirror: Pick<PrivateRegistry, 'host' | 'stop'>
const stops: (() => Promise<void>)[] = []

/** An engine as on a VM whose registries are the company's own: its authority, one without TLS, a mirror of Docker Hub, a proxy. */
beforeAll(async () => {
  workspace = openWorkspace()
  subnet = await reserveSubnet()
  const address = divide(subnet.subnet).gateway
  const port = await freePort()
  const certificate = makeCertificates(workspace.folder('tls'), address)
  ;({ authority } = certificate)
  hub = await startOpenRegistry({ dir: workspace.folder('hub') })
  mirror = await startOpenRegistry({ dir: workspace.folder('mirror'), cacheOf: hub.host })
  stops.push(
    () => mirror.stop(),
    () => hub.stop(),
  )
  engine = await startDockerd({
    dir: workspace.folder('engine'),
    args: [`--insecure-registry=${address}:${port}`, `--registry-mirror=http://${mirror.host}`],
    env: { SSL_CERT_FILE: authority, HTTPS_PROXY: NOWHERE, NO_PROXY: address },
  })
  stops.push(() => engine.stop())
  // the registries live at the address that the engine has for its containers
  const { gateway, dynamic } = divide(subnet.subnet)
  await engine.docker.createNetwork({
    Name: 'ways',
    IPAM: { Config: [{ Subnet: subnet.subnet, Gateway: gateway, IPRange: dynamic }] },
  })
  secure = await startRegistry({ dir: workspace.folder('tls'), ...login, address, certificate })
  plain = await startRegistry({ dir: workspace.folder('plain'), ...login, address, port })
  stops.unshift(
    () => secure.stop(),
    () => plain.stop(),
  )

  vm = await startVm({ ...stack, dockerHost: engine.host, registry: stack.registry }, 'ways')
  stops.unshift(() => vm.close())
  vm.config['network'] = { name: 'ways', subnet: subnet.subnet }
  vm.config['registries'] = Object.fromEntries(
    [secure, plain].map(({ host }) => [host, { username, password: '${REGISTRY_PASSWORD}' }]),
  )
  const { api = {} } = vm.config.apps
  Object.assign(api, { watch: '200ms', drain: '200ms' })
  const app = (name: string, image: string) => ({ ...api, image, domains: [`${name}.test`] })
  vm.config.apps = {
    secure: app('secure', `${secure.host}/acme/secure`),
    plain: app('plain', `${plain.host}/acme/plain`),
    mirrored: app('mirrored', 'acme/mirrored'),
  }
  vm.env = { SSL_CERT_FILE: authority }
  await vm.start()
})
afterAll(async () => {
  for (const stop of stops) await stop()
  await workspace.close()
  await subnet.release()
})

test.for<[string, () => string, string, () => string | undefined]>([
  ['with an authority of its own', () => secure.host, 'secure', () => authority],
  ['in plain HTTP, which Docker was told of', () => plain.host, 'plain', () => undefined],
])('a registry %s is resolved and pulled from', async ([, host, app, trusted]) => {
  const image = `${host()}/acme/${app}:latest`
  const digest = await pushTiny({
    host: engine.host,
    image,
    version: app,
    login,
    authority: trusted(),
  })
  await engine.docker.getImage(image).remove()
  const { deployment } = await vm.hook({}, { app })
  expect(deployment).toMatchObject({ status: 'succeeded', image: { digest } })
})

test('the doctor says how each is reached', async () => {
  const { checks } = (await vm.read('/doctor')) as {
    checks: { what: string; ok: boolean; message: string }[]
  }
  const said = (app: string) => checks.find(({ what }) => what === `registry of ${app}`)
  expect(said('secure')?.message).toMatch(/signed in as acme \(the config\); :latest is there$/)
  expect(said('plain')?.message).toMatch(
    /signed in as acme \(the config\), in plain HTTP; :latest is there$/,
  )
  expect(said('mirrored')).toMatchObject({
    ok: false,
    message: expect.stringContaining('through the proxy 127.0.0.1:9: connect ECONNREFUSED'),
  })
})

test('Docker Hub behind a mirror alone is pulled from by digest; what a tag is now only it could say', async () => {
  const digest = await pushTiny({
    host: engine.host,
    image: `${hub.host}/acme/mirrored:latest`,
    version: 'mirrored',
    login,
  })
  await engine.docker.getImage(`${hub.host}/acme/mirrored:latest`).remove()
  const image = `docker.io/acme/mirrored@${digest}`
  const { deployment } = await vm.hook({ image }, { app: 'mirrored' })
  expect(deployment).toMatchObject({ status: 'succeeded', image: { digest } })
  const { deployment: redeployed } = await vm.hook({}, { app: 'mirrored' })
  expect(redeployed.error).toMatchObject({
    code: 'registry_unreachable',
    message: expect.stringContaining('docker.io/acme/mirrored'),
  })
})
