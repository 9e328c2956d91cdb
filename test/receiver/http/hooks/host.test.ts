import { expect, test } from 'vitest'
import { acceptedHosts } from '../../../../receiver/http/hooks/host.ts'

test('hooks are taken under the public host, with and without its port, and under the local address', () => {
  const hosts = acceptedHosts('https://deploy.example.com:8443', { host: '::1', port: 9080 })
  for (const host of [
    'deploy.example.com:8443',
    'deploy.example.com',
    '[::1]:9080',
    'localhost:9080',
  ]) {
    expect(hosts.has(host), host).toBe(true)
  }
  for (const host of ['', 'example.com', 'deploy.example.com.evil.example', 'localhost']) {
    expect(hosts.has(host), host).toBe(false)
  }
})
