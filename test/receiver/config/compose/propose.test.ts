import { expect, test } from 'vitest'
import { asModel } from '../../../../receiver/config/compose/model.ts'
import { proposeApp } from '../../../../receiver/config/compose/propose.ts'

const ports = (...targets: number[]) => ({
  ports: targets.map((target) => ({ target, published: String(target), protocol: 'tcp' })),
})
const rule = (name: string, host: string) => ({
  [`traefik.http.routers.${name}.rule`]: `Host(\`${host}\`)`,
})

test.for<[string, Record<string, object>, string | undefined, object]>([
  [
    'the one that publishes a port, not a database that does so, too',
    { db: { image: 'postgres', ...ports(5432) }, shop: { image: 'acme/shop', ...ports(8443, 80) } },
    undefined,
    { service: 'shop', repository: 'docker.io/acme/shop', port: 80 },
  ],
  [
    'the one behind a proxy of the project',
    { proxy: { build: {}, ...ports(80), depends_on: { back: {} } }, back: { build: {} }, job: {} },
    undefined,
    { service: 'back' },
  ],
  [
    'the one that Traefik is told of, with its port and name',
    {
      api: {
        image: 'acme/api',
        labels: {
          ...rule('api', 'api.example.com'),
          'traefik.http.services.api.loadbalancer.server.port': '9000',
        },
      },
      job: { image: 'acme/api' },
    },
    undefined,
    {
      service: 'api',
      repository: 'docker.io/acme/api',
      port: 9000,
      domain: 'api.example.com',
    },
  ],
  [
    'the one that was said',
    { a: { image: 'acme/a', ...ports(1) }, b: { image: 'acme/b' } },
    'b',
    { service: 'b', repository: 'docker.io/acme/b' },
  ],
  [
    'none of two that are alike',
    { a: ports(1), b: ports(2) },
    undefined,
    { message: 'visitors may come to a or b of the project shop' },
  ],
  [
    'none where there are databases alone',
    { db: { image: 'mysql' } },
    undefined,
    { message: 'the project shop has no service that looks like one for visitors' },
  ],
  [
    'none that speaks FastCGI',
    { php: { image: 'acme/shop:8-fpm-alpine' } },
    undefined,
    { message: expect.stringContaining('FastCGI') as string },
  ],
  [
    'none that is built here alone',
    { web: { image: 'shop-local', build: {} } },
    undefined,
    { message: expect.stringContaining('no registry has') as string },
  ],
])('visitors come to %s', ([, services, named, proposed]) => {
  expect(proposeApp(asModel({ name: 'shop', services }), named)).toMatchObject(proposed)
})
