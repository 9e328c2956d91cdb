import { describe, expect, test } from 'vitest'
import { asVisitor, leadsToItself } from '../../../../receiver/core/slots/visitor.ts'
import { APP } from '../../../support/fake-world.ts'

const CONTAINER = { address: '10.0.0.2', port: 8000 }
const FORWARDED = {
  'X-Forwarded-Proto': 'https',
  'X-Forwarded-For': '127.0.0.1',
  'X-Real-IP': '127.0.0.1',
}
const ask = (domains: string[], headers: Record<string, string> = {}, path = '/healthz') =>
  asVisitor({ domains, health: { ...APP.health, path, headers } }, CONTAINER)

describe('a container is asked', () => {
  test.for([
    [['api.example.com', 'api.example.org'], 'api.example.com'],
    [['*.example.com', 'example.com'], 'example.com'],
    [['*.example.com'], 'www.example.com'],
    [[], '10.0.0.2:8000'],
  ] as const)('as visitors of %j ask: %s', ([domains, Host]) => {
    expect(ask([...domains])).toStrictEqual({
      url: 'http://10.0.0.2:8000/healthz',
      host: Host,
      headers: { Host, ...FORWARDED },
    })
  })

  test('with the headers of the config over these, however they are written', () => {
    const headers = { host: 'other.example', 'x-forwarded-proto': 'http', 'X-Key': '1' }
    const { 'X-Forwarded-Proto': _, ...rest } = FORWARDED
    expect(ask(['api.example.com'], headers)).toMatchObject({
      host: 'other.example',
      headers: { ...rest, ...headers },
    })
    expect(Object.keys(ask([], headers).headers)).not.toContain('Host')
  })
})

describe('a redirect leads to itself', () => {
  test.for<[boolean, string, string, string]>([
    [true, 'https://api.example.com/healthz', '/healthz', 'by https'],
    [true, 'https://API.example.com:443/healthz?from=http', '/healthz?a=b', 'with another query'],
    [false, 'https://api.example.com/login', '/', 'but to another page'],
    [false, 'https://www.example.com/healthz', '/healthz', 'but to another host'],
    [false, 'https://api.example.com:8443/healthz', '/healthz', 'but to another port'],
    [false, 'http://api.example.com/healthz', '/healthz', 'but by http'],
    [false, '/healthz', '/healthz', 'but to where it came from, perhaps with a cookie'],
    [false, 'https://[', '/healthz', 'but nowhere'],
  ])('%s: %s from %s, %s', ([expected, location, path]) => {
    expect(leadsToItself(location, ask(['api.example.com'], {}, path))).toBe(expected)
  })

  test('also by an address and a port, when it has no domain', () => {
    for (const location of ['https://10.0.0.2:8000/healthz', 'https://10.0.0.2/healthz']) {
      expect(leadsToItself(location, ask([]))).toBe(true)
    }
  })
})
