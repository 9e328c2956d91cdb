import { createServer, type RequestListener, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { findPublicAddress } from '../../../receiver/edges/public-address.ts'

let server: Server | undefined
afterEach(() => server?.close())

/** A cloud's metadata, in the place of 169.254.169.254. */
async function metadata(answer: RequestListener): Promise<string> {
  server = createServer(answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const CLOUDS: [string, string, (headers: NodeJS.Dict<string | string[]>) => boolean][] = [
  [
    'AWS',
    '/latest/meta-data/public-ipv4',
    (headers) => headers['x-aws-ec2-metadata-token'] === 'T',
  ],
  [
    'Google Cloud',
    '/computeMetadata/v1/instance/network-interfaces/0/access-configs/0/external-ip',
    (headers) => headers['metadata-flavor'] === 'Google',
  ],
  [
    'Azure',
    '/metadata/instance/network/interface/0/ipv4/ipAddress/0/publicIpAddress?api-version=2021-02-01&format=text',
    (headers) => headers['metadata'] === 'true',
  ],
  ['DigitalOcean', '/metadata/v1/interfaces/public/0/ipv4/address', () => true],
  ['Hetzner', '/hetzner/v1/metadata/public-ipv4', () => true],
]

test.each(CLOUDS)('%s says it in its own way', async (cloud, path, isRight) => {
  const place = await metadata(({ method, url, headers }, response) => {
    const isToken = cloud === 'AWS' && method === 'PUT' && url === '/latest/api/token'
    const isAsked = method === 'GET' && url === path && isRight(headers)
    response.statusCode = isToken || isAsked ? 200 : 404
    response.end(isToken ? 'T' : isAsked ? '203.0.113.7\n'.replace('203.0.113', '8.8.4') : '')
  })
  expect(await findPublicAddress(['10.0.0.4'], place)).toEqual({
    address: '8.8.4.7',
    from: `the metadata of ${cloud}`,
  })
})

test('an interface that has it goes first, and nobody is asked', async () => {
  expect(await findPublicAddress(['10.0.0.4', '2a00::1', '8.8.4.7'], 'http://127.0.0.1:1')).toEqual(
    {
      address: '8.8.4.7',
      from: 'an interface of this machine',
    },
  )
})

test.each(['10.0.0.5', '<html>', '', '8.8.4.7 8.8.4.8', 'x'.repeat(100_000)])(
  'an answer %j is no address',
  async (answer) => {
    const place = await metadata((_, response) => response.end(answer))
    expect(await findPublicAddress([], place)).toBeUndefined()
  },
)

test('where nobody answers there is none', async () => {
  expect(await findPublicAddress([], 'http://127.0.0.1:1')).toBeUndefined()
})
