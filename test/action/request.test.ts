import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { readText, send } from '../../action/request.ts'
import { startProxy } from './connect-proxy.ts'
import { serve } from './loopback.ts'

const PROXY_VARIABLES = ['http_proxy', 'https_proxy', 'no_proxy'].flatMap((name) => [
  name,
  name.toUpperCase(),
])

/** The runner's proxy settings, and no others. */
const withProxy = (settings: Record<string, string>) => {
  for (const name of PROXY_VARIABLES) vi.stubEnv(name, settings[name])
  onTestFinished(() => void vi.unstubAllEnvs())
}
const get = (url: string, more: Partial<Parameters<typeof send>[1]> = {}) =>
  send(url, { method: 'GET', answerTimeoutMs: 120_000, ...more })

const startTarget = () => serve((request, response) => response.end(`I am ${request.headers.host}`))

test('a proxy is used as every other step does, also when it is written without a scheme', async () => {
  const target = await startTarget()
  const { address, asked } = await startProxy(target)
  for (const proxy of [address, `http://${address}`]) {
    withProxy({ http_proxy: proxy })
    const answer = await get('http://deploy.corp.test/hooks/hello')
    expect(await readText(answer)).toBe('I am deploy.corp.test')
  }
  expect(asked).toEqual(['deploy.corp.test:80', 'deploy.corp.test:80'])
})

test.each([
  ['corp.test', 'http://deploy.corp.test/'],
  ['.corp.test', 'http://deploy.corp.test/'],
  ['other.test, deploy.corp.test:80', 'http://deploy.corp.test/'],
  ['*', 'http://deploy.corp.test/'],
])('NO_PROXY=%s leaves %s alone', async (no, url) => {
  const { address, asked } = await startProxy()
  withProxy({ HTTP_PROXY: `http://${address}`, NO_PROXY: no })
  await expect(get(url)).rejects.toMatchObject({ code: expect.stringMatching(/^E/) as string })
  expect(asked).toEqual([])
})

test('loopback is never reached through a proxy', async () => {
  const target = await startTarget()
  const { address, asked } = await startProxy()
  withProxy({ http_proxy: `http://${address}` })
  expect((await get(target)).status).toBe(200)
  expect(asked).toEqual([])
})

test('what only the machine itself can answer is asked past any proxy', async () => {
  const { address, asked } = await startProxy()
  withProxy({ http_proxy: `http://${address}` })
  await expect(get('http://deploy.corp.test/', { isDirect: true })).rejects.toMatchObject({
    code: expect.stringMatching(/^E/) as string,
  })
  expect(asked).toEqual([])
})

test('a proxy that never answers is given up, and its connection closed', async () => {
  const { address, closed } = await startProxy()
  withProxy({ http_proxy: address })
  await expect(get('http://deploy.corp.test/', { answerTimeoutMs: 200 })).rejects.toMatchObject({
    code: 'ETIMEDOUT',
    message: 'no answer within 0.2 s',
  })
  await closed
})

test('a proxy that never answers holds no cancelled job up', async () => {
  const { address, opened, closed } = await startProxy()
  withProxy({ http_proxy: address })
  const cancelling = new AbortController()
  const asking = get('http://deploy.corp.test/', { signal: cancelling.signal })
  void opened.then(() => cancelling.abort())
  await expect(asking).rejects.toBeInstanceOf(Error)
  await closed
})

test('a server that never answers is given up', async () => {
  const url = await serve(() => {})
  await expect(get(url, { answerTimeoutMs: 200 })).rejects.toMatchObject({ code: 'ETIMEDOUT' })
})

test('the deadline of an answer ends with its headers', async () => {
  const url = await serve((_, response) => {
    response.flushHeaders()
    setTimeout(() => response.end('late'), 1500)
  })
  expect(await readText(await get(url, { answerTimeoutMs: 1000 }))).toBe('late')
})

test('an address of IPv6 is one', async () => {
  const server = createServer((request, response) => response.end(request.headers.host))
  await new Promise<void>((resolve) => server.listen(0, '::1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  expect(await readText(await get(`http://[::1]:${port}/`))).toBe(`[::1]:${port}`)
})
