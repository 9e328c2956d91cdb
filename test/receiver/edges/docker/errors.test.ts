import { expect, test } from 'vitest'
import { translate } from '../../../../receiver/edges/docker/errors.ts'

const pulled = (reason: string) => translate(new Error(reason), 'cannot pull', 'pull_failed')

test.each([
  ['failed to register layer: write /x: unexpected EOF', 'digest_mismatch'],
  ['failed to register layer: operation not permitted', 'pull_failed'],
  ['failed to register layer: write /x: no space left on device', 'disk_full'],
  ['filesystem layer verification failed for digest sha256:0', 'digest_mismatch'],
  ['received unexpected HTTP status: 503 unexpected EOF', 'registry_unreachable'],
  ['no matching manifest for linux/riscv64 in the manifest list entries', 'platform_missing'],
])('Docker’s “%s” is %s', (reason, code) => {
  expect(pulled(reason).code).toBe(code)
})

test('of what Docker passes on without end the beginning is kept, and it alone is judged', () => {
  const { code, message } = pulled(`no: ${'x'.repeat(1_000_000)} unauthorized`)
  expect(code).toBe('pull_failed')
  expect(message).toBe(`cannot pull: no: ${'x'.repeat(1996)}`)
})
