import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { ownAddresses } from '../../../receiver/edges/own-addresses.ts'

test('the system is asked for its addresses once in ten seconds, however many apps ask', () => {
  const first = ownAddresses(1e9)
  expect(ownAddresses(1e9 + 9999)).toBe(first)
  const later = ownAddresses(1e9 + 10_000)
  expect(later).not.toBe(first)
  expect(later).toStrictEqual(first)
})

/** A bridge from which its one container went, in a network of its own: it is up, and has no carrier. */
const SCRIPT = `
  set -e
  ip link set lo up
  ip link add bridge type bridge
  ip address add 10.213.0.1/20 dev bridge
  ip link set bridge up
  ip link add inside type veth peer name outside
  ip link set outside master bridge up
  ip link set inside up
  ip link delete inside
  until ip link show bridge | grep -q NO-CARRIER; do :; done
  exec "$0" --input-type=module --eval "$1"
`

test('the address of a bridge without containers is one of this machine, and that of another machine is none', () => {
  const file = fileURLToPath(new URL('../../../receiver/edges/own-addresses.ts', import.meta.url))
  const asks = `
    import { isOwnAddress } from ${JSON.stringify(file)}
    for (const each of ['127.0.0.1', '10.213.0.1', '10.213.0.2']) console.log(each, await isOwnAddress(each))
  `
  const said = execFileSync('unshare', ['--net', '/bin/sh', '-c', SCRIPT, process.execPath, asks], {
    encoding: 'utf8',
  })
  expect(said).toBe('127.0.0.1 true\n10.213.0.1 true\n10.213.0.2 false\n')
})
