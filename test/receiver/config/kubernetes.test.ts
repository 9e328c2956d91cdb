import { expect, test } from 'vitest'
import type { KubernetesApp } from '../../../receiver/core/app.ts'
import { usesDocker, usesNginx } from '../../../receiver/config/uses-docker.ts'
import { app, load, problems, withApp } from './load-text.ts'

const kubernetesApp = (...lines: string[]): KubernetesApp =>
  app(['engine: kubernetes', ...lines]) as unknown as KubernetesApp

test('a workload is named by its kind, and served by the cluster', () => {
  const { engine, http, kubernetes } = kubernetesApp(
    'kubernetes: { namespace: shop, context: "arn:aws:eks:eu-central-1:1:cluster/shop", statefulset: web.db, container: web }',
  )
  expect([engine, http]).toEqual(['kubernetes', false])
  expect(kubernetes).toEqual({
    workload: { kind: 'statefulset', name: 'web.db' },
    namespace: 'shop',
    context: 'arn:aws:eks:eu-central-1:1:cluster/shop',
    container: 'web',
  })
})

test('Nginx on this machine comes to a NodePort', () => {
  const { http, kubernetes, health } = kubernetesApp(
    'domains: [api.example.com]',
    'health: { path: /healthz, deadline: 5m }',
    'kubernetes: { deployment: web, publish: { port: 30080, nodes: [10.0.0.4, 10.0.0.5] } }',
  )
  expect([http, health.path, health.deadlineMs]).toEqual([true, '/healthz', 300_000])
  expect(kubernetes.publish).toEqual({
    port: 30080,
    mode: 'ingress',
    nodes: ['10.0.0.4', '10.0.0.5'],
  })
})

test.for<[string, RegExp]>([
  ['engine: kubernetes', /no workload is named; write kubernetes: \{ deployment: web \}/],
  [
    'engine: kubernetes\n    kubernetes: { deployment: a, daemonset: b }',
    /deployment and daemonset are named, and an app is one of them/,
  ],
  ['engine: kubernetes\n    kubernetes: { deployment: Web }', /"Web" is not a deployment's name/],
  ['engine: kubernetes\n    kubernetes: { deploy: web }', /unknown key "deploy"/],
  [
    'engine: kubernetes\n    kubernetes: { deployment: web, namespace: a_b }',
    /"a_b" is not a namespace's name/,
  ],
  [
    'engine: kubernetes\n    kubernetes: { deployment: web }\n    environment: { A: b }',
    /environment is not for engine: kubernetes; leave it out: a workload of a cluster is as its manifest says/,
  ],
  [
    'engine: kubernetes\n    kubernetes: { deployment: web }\n    domains: [a.example.com]',
    /domains is for Nginx on this machine, which comes to a cluster by a NodePort/,
  ],
  [
    'engine: kubernetes\n    kubernetes: { deployment: web, publish: { port: 1, mode: host } }',
    /mode is not for engine: kubernetes/,
  ],
  ['kubernetes: { deployment: web }', /kubernetes is not for engine: docker; it is for kubernetes/],
  [
    'engine: kubernetes\n    kubernetes: { deployment: web }\n    compose: { file: x, service: y }',
    /apply its manifests by `kubectl apply`/,
  ],
])('%s is refused', ([line, said]) => {
  expect(problems(withApp(line)).join('\n')).toMatch(said)
})

const two = (one: string, other: string, repository = 'ghcr.io/acme/shop') =>
  problems(`${withApp('engine: kubernetes', `kubernetes: ${one}`)}
  shop:
    image: ${repository}
    engine: kubernetes
    kubernetes: ${other}
`).join('\n')

test('two apps are not one workload', () => {
  const said = /the deployment web is that of api already; an app is a workload/
  expect(two('{ deployment: web, container: a }', '{ deployment: web, container: b }')).toMatch(
    said,
  )
  expect(two('{ deployment: web, namespace: a }', '{ deployment: web, namespace: b }')).toBe('')
  expect(two('{ deployment: web }', '{ statefulset: web }')).toBe('')
})

test('a config of clusters alone takes neither Docker nor Nginx', () => {
  const own = load(withApp('engine: kubernetes', 'kubernetes: { deployment: web }'))
  const { site: _site, ...config } = own
  expect([usesDocker(config), usesNginx(config)]).toEqual([false, false])
  expect([usesDocker(load(withApp(''))), usesNginx(load(withApp('')))]).toEqual([true, true])
  const published = load(
    withApp('engine: kubernetes', 'kubernetes: { deployment: web, publish: 30080 }'),
  )
  expect([usesDocker(published), usesNginx(published)]).toEqual([false, true])
})
