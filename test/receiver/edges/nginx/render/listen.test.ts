import { expect, test } from 'vitest'
import { inEachFile, inOneFile } from '../../../../../receiver/edges/nginx/render/listen.ts'

const [WITH_IPV6, WITHOUT] = ['/proc/self/status', '/proc/net/no-such-file']

test('every IPv6 address is left out where the kernel has no IPv6, and one that somebody chose is not', () => {
  const listen = ['80', '[::]:80', '[2001:db8::1]:80']
  expect(inEachFile(listen, WITH_IPV6)).toEqual(listen)
  expect(inEachFile(listen, WITHOUT)).toEqual(['80', '[2001:db8::1]:80'])
  expect(inEachFile(['[::]:80'], WITHOUT)).toEqual(['[::]:80'])
})

test('what may be said once in all of Nginx is not said in the file of each app', () => {
  const listen = ['80', '[::]:80 ipv6only=on', '[::1]:81 ipv6only=on default_server']
  expect(inEachFile(listen, WITH_IPV6)).toEqual(['80', '[::]:80', '[::1]:81 default_server'])
})

test('nor is it said in more than one server block of a file', () => {
  const plain = 'server {\n  listen 80 default_server;\n  listen [::]:80 ipv6only=off;\n}\n'
  const tls = 'server {\n  listen 443 default_server ssl http2;\n  listen 443 quic;\n}\n'
  expect(inOneFile([plain, tls, plain, tls])).toEqual([
    plain,
    tls,
    'server {\n  listen 80;\n  listen [::]:80;\n}\n',
    'server {\n  listen 443 ssl http2;\n  listen 443 quic;\n}\n',
  ])
})
