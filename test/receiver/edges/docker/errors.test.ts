import { expect, test } from 'vitest'
import type { ContainerPlan } from '../../../../receiver/core/slots/ports.ts'
import { startFailure } from '../../../../receiver/edges/docker/containers.ts'
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
  expect(message).toBe(`cannot pull: no: ${'x'.repeat(1996)}…`)
})

test('a start without a folder that has to be there says what to do', () => {
  const said = 'invalid mount config for type "bind": bind source path does not exist: /srv/x'
  const plan = { app: { name: 'api' } } as ContainerPlan
  expect(startFailure(new Error(said), 'deploy-api-1-blue', plan)).toMatchObject({
    code: 'start_failed',
    hint: 'create it on the VM, or write bind: { create_host_path: true } in apps.api.volumes',
  })
})
