import { describe, expect, test } from 'vitest'
import { ApiError } from '../../../../receiver/edges/kubernetes/errors.ts'
import { clearWay } from '../../../../receiver/edges/kubernetes/clear-way.ts'
import { marksOf } from '../../../../receiver/edges/kubernetes/marks.ts'
import type { Pod, Workload } from '../../../../receiver/edges/kubernetes/objects.ts'
import { KUBERNETES_APP as app } from '../../../support/kubernetes-app.ts'

const templateOf = (generation: number) => {
  const digest = `sha256:${String(generation).repeat(64)}`
  const { repository } = app.image
  const annotations = marksOf({
    app,
    deployment: `dep_${generation}`,
    generation,
    repository,
    digest,
  })
  return {
    metadata: { annotations },
    spec: { containers: [{ name: 'web', image: `${repository}@${digest}` }] },
  }
}

const podOf = (name: string, generation: number, isReady: boolean): Pod => ({
  metadata: { name, uid: `uid-${name}`, resourceVersion: '1', ...templateOf(generation).metadata },
  spec: templateOf(generation).spec,
  status: { conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }] },
})

const workload: Workload = {
  metadata: { name: 'store', uid: 'w', resourceVersion: '1', generation: 4 },
  spec: { replicas: 3, selector: {}, template: templateOf(4) },
  status: { observedGeneration: 4 },
}
const pods = [podOf('store-0', 2, true), podOf('store-1', 3, false), podOf('store-2', 4, false)]

const clear = async (
  isReplaced: (generation: number) => boolean,
  refusal?: Error,
): Promise<{ left: unknown; deleted: string[] }> => {
  const deleted: string[] = []
  const api = {
    async deletePod({ name, uid }: { name: string; uid: string }) {
      if (refusal !== undefined) throw refusal
      deleted.push(`${name} ${uid}`)
    },
  }
  const observed = { workload, pods, warnings: new Map() }
  const left = await clearWay(app, observed, { api, isOurs: () => true, isReplaced })
  return { left, deleted }
}

describe('pods of versions that are replaced', () => {
  test('go where they are not ready, and nothing else does', async () => {
    const { left, deleted } = await clear((generation) => generation !== 4)
    expect([left, deleted]).toEqual([undefined, ['store-1 uid-store-1']])
  })

  test('go when their version is taken back', async () => {
    expect((await clear((generation) => generation === 4)).deleted).toEqual(['store-2 uid-store-2'])
  })

  test('are named where the Role does not let them be deleted', async () => {
    const message =
      'pods "store-1" is forbidden: User "system:serviceaccount:a:b" cannot delete resource "pods" in API group "" in the namespace "a"'
    const { left } = await clear((generation) => generation !== 4, new ApiError(403, { message }))
    expect(left).toMatchObject({ pod: 'store-1' })
  })

  test.each([
    [404, 'pods "store-1" not found'],
    [409, 'Precondition failed: UID in precondition: a, UID in object meta: b'],
  ])('that were replaced meanwhile are no failure, %i', async (status, message) => {
    const gone = new ApiError(status, { message })
    expect((await clear((generation) => generation !== 4, gone)).left).toBeUndefined()
  })
})
