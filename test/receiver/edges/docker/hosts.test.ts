import { expect, test } from 'vitest'
import { createOptions, releaseOptions } from '../../../../receiver/edges/docker/create-options.ts'
import { gatewayOf } from '../../../../receiver/edges/docker/network.ts'
import { APP } from '../../../support/fake-world.ts'
import { homeOn } from '../../../support/home.ts'

const HOSTS = ['api.internal:10.213.0.1', 'web.internal:10.213.0.1']

const hostsOf = (extraHosts: string[]) => {
  const home = { ...homeOn('deploy'), hosts: () => HOSTS }
  const app = { ...APP, container: { ...APP.container, extraHosts } }
  const image = { repository: 'ghcr.io/acme/api', digest: `sha256:${'0'.repeat(64)}` }
  const slot = { deployment: 'dep_1', generation: 1, slot: 'blue', replica: 1, port: 80 } as const
  const plan = { app, ...image, ...slot, address: '10.213.0.10', volumes: [] }
  const once = { app, ...image, generation: 1, command: ['x'], timeoutMs: 1, volumes: [] }
  const made = [createOptions(plan, home), releaseOptions(once, home)]
  const [one, two] = made.map(({ HostConfig }) => HostConfig?.ExtraHosts)
  expect(two).toEqual(one)
  return one
}

test('every container finds the apps by name, and what the config says of a name goes before', () => {
  expect(hostsOf([])).toEqual(HOSTS)
  expect(hostsOf(['db:10.0.0.5', 'host.docker.internal:host-gateway'])).toEqual([
    'db:10.0.0.5',
    'host.docker.internal:host-gateway',
    ...HOSTS,
  ])
  expect(hostsOf(['API.internal:[fd00::1]'])).toEqual([
    'API.internal:[fd00::1]',
    'web.internal:10.213.0.1',
  ])
})

test('the address of the machine on the network is what Docker says, or the first one', () => {
  const found = { subnets: ['10.1.0.0/24'], isMade: false }
  expect(gatewayOf(undefined, '10.1.0.0/24')).toBe('10.1.0.1')
  expect(gatewayOf({ ...found, gateways: {} }, '10.1.0.0/24')).toBe('10.1.0.1')
  expect(gatewayOf({ ...found, gateways: { '10.1.0.0/24': '10.1.0.254' } }, '10.1.0.0/24')).toBe(
    '10.1.0.254',
  )
})
