import { expect, test } from 'vitest'
import { inEachFile } from '../../../../../receiver/edges/nginx/render/listen.ts'

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
