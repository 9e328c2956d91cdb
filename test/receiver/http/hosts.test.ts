import { describe, expect, test } from 'vitest'
import { adminHosts, publicHosts } from '../../../receiver/http/hosts.ts'

describe('the public address', () => {
  const isOwn = publicHosts('https://deploy.example.com:8443', { host: '::1', port: 9080 })

  test.each([
    'deploy.example.com:8443',
    'deploy.example.com',
    '[::1]:9080',
    '127.0.0.1:9080',
    'localhost:9080',
  ])('is asked as %s', (host) => {
    expect(isOwn(host)).toBe(true)
  })

  test.each(['', 'example.com', 'deploy.example.com.evil.example', 'localhost', '10.0.0.1:9080'])(
    'is not asked as %j',
    (host) => {
      expect(isOwn(host)).toBe(false)
    },
  )
})

describe('the admin address', () => {
  const isOwn = adminHosts('https://deploy.example.com:8443', { host: 'vm1.internal', port: 9081 })

  test.each([
    '127.0.0.1:9081',
    '127.0.0.1',
    // a tunnel of somebody's own
    'localhost:9999',
    '10.1.2.3:9081',
    '[::1]:9081',
    '[fd00::7]',
    'vm1.internal:9081',
    'deploy.example.com',
  ])('is asked as %s', (host) => {
    expect(isOwn(host)).toBe(true)
  })

  test.each([
    '',
    ':9081',
    'evil.example:9081',
    'localhost.evil.example:9081',
    '127.0.0.1.evil.example',
    '127.0.0.1.nip.io:9081',
    '127.1:9081',
    '0x7f000001:9081',
    '127.0.0.1:9081:9081',
    '127.0.0.1:9081/',
    'evil.example@127.0.0.1:9081',
    '[::1',
    '::1',
    'app.localhost:9081',
  ])('is not asked as %j', (host) => {
    expect(isOwn(host)).toBe(false)
  })
})
