import { expect, test } from 'vitest'
import { ApiError, explain } from '../../../../receiver/edges/kubernetes/errors.ts'

const said = (status: number, message: string) => {
  const {
    code,
    message: text,
    hint,
  } = explain(new ApiError(status, { message }), 'cannot change Deployment web')
  return { code, text, hint }
}
const USER = 'User "system:serviceaccount:shop:deploy-receiver"'

test.for<[string, string]>([
  [
    `deployments.apps "web" is forbidden: ${USER} cannot patch resource "deployments" in API group "apps" in the namespace "shop"`,
    '{ apiGroups: ["apps"], resources: [deployments], resourceNames: [web], verbs: [patch] }',
  ],
  [
    `pods is forbidden: ${USER} cannot list resource "pods" in API group "" in the namespace "shop"`,
    '{ apiGroups: [""], resources: [pods], verbs: [list] }',
  ],
  [
    `pods "web-1" is forbidden: ${USER} cannot get resource "pods/log" in API group "" in the namespace "shop"`,
    '{ apiGroups: [""], resources: [pods/log], verbs: [get] }',
  ],
  [
    `jobs.batch is forbidden: ${USER} cannot create resource "jobs" in API group "batch" in the namespace "shop"`,
    '{ apiGroups: ["batch"], resources: [jobs], verbs: [create] }',
  ],
])('a right that is missing is named by the line of a Role: %s', ([message, rule]) => {
  expect(said(403, message)).toEqual({
    code: 'forbidden',
    text: `cannot change Deployment web: ${message}`,
    hint: `its Role lacks: ${rule}`,
  })
})

test('what a quota or a webhook says is not a missing right', () => {
  const words = 'pods "web-1" is forbidden: exceeded quota: small, requested: pods=1'
  expect(said(403, words)).toMatchObject({
    code: 'cluster_refused',
    text: expect.stringContaining(words),
  })
  expect(said(400, 'admission webhook "policy" denied the request').code).toBe('cluster_refused')
})

test('a cluster that does not answer is looked for again', () => {
  const refused = new TypeError('fetch failed', {
    cause: new Error('connect ECONNREFUSED 10.0.0.1:6443'),
  })
  expect(explain(refused, 'cannot look').message).toContain('connect ECONNREFUSED 10.0.0.1:6443')
  for (const status of [429, 500, 503]) expect(said(status, 'busy').code).toBe('engine_unreachable')
  expect(said(401, 'Unauthorized').code).toBe('forbidden')
})
