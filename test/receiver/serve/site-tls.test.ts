import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { AppConfig, Config } from '../../../receiver/config/config.ts'
import { showersOf, siteTls, tlsSites } from '../../../receiver/serve/site-tls.ts'
import { makePair } from '../../support/certificates.ts'

const directory = mkdtempSync(join(tmpdir(), 'site-tls-'))
afterAll(() => rmSync(directory, { recursive: true }))

const SERVER = 'https://ca.test/directory'

function have(lineage: string, names: string[], server = SERVER) {
  mkdirSync(join(directory, 'renewal'), { recursive: true })
  writeFileSync(join(directory, 'renewal', `${lineage}.conf`), `server = ${server}\n`)
  return makePair(join(directory, 'live', lineage), names)
}

const place = { domains: ['d.test'], redirectFrom: [], http: true, tls: { kind: 'acme' } }
const told = (apps: Record<string, object>, name: string) => {
  const config = {
    apps,
    tls: { email: 'ops@d.test', server: SERVER, directory },
    data: '/data',
  } as unknown as Config
  return siteTls(apps[name] as AppConfig, config)
}

test('a domain that comes to another app keeps its certificate until that one has its own', () => {
  const api = { ...place, name: 'api', paths: ['/api'] }
  const web = { ...place, name: 'web', paths: ['/'] }
  have('a-trial', ['d.test'], 'https://trial.test')
  have('e.test', ['e.test'])
  expect(told({ web }, 'web')).toEqual({ webroot: '/data/acme' })
  const lent = have('deploy-receiver.api', ['d.test'])
  expect(told({ api }, 'api')?.pair).toMatchObject(lent)
  expect(told({ api, web }, 'api')).toBeUndefined()
  expect(told({ api, web }, 'web')?.pair).toEqual({ ...lent, covers: ['d.test'], isFit: true })
  const own = have('deploy-receiver.web', ['d.test'])
  expect(told({ api, web }, 'web')?.pair).toEqual({ ...own, covers: ['d.test'], isFit: true })
})

test('the page and the receiver have certificates asked for while their sites are of ours, and no others', () => {
  const nginx = join(directory, 'nginx')
  mkdirSync(nginx)
  const config = {
    apps: {},
    url: 'https://deploy.test',
    site: {},
    page: { domain: 'page.test' },
    nginx: { directory: nginx },
    tls: { email: 'ops@d.test', server: SERVER, directory },
  } as unknown as Config
  const asked = (of: Config = config) => tlsSites(of).map(({ site }) => site)
  const written = (names: string[]) =>
    writeFileSync(
      join(nginx, 'deploy-receiver.url.deploy.test.conf'),
      names.map((name) => `server {\n  server_name ${name};\n}\n`).join(''),
    )
  expect(asked()).toEqual([])
  written(['page.test', 'deploy.test'])
  expect(asked()).toEqual(['url.deploy.test', 'page.page.test'])
  expect(asked({ ...config, site: undefined } as unknown as Config)).toEqual([])
  // somebody's own site has the name of the other
  written(['deploy.test'])
  expect(asked()).toEqual(['url.deploy.test'])
  written(['page.test'])
  expect(asked()).toEqual(['page.page.test'])
})

test("a certificate for all previews is Nginx's before the first one comes, and that of each that stands", () => {
  const tls = { kind: 'wildcard', domain: 'p.test', plugin: 'dns-a' }
  const rooted = { ...place, paths: ['/'] }
  const api = { ...rooted, name: 'api', previews: { domain: 'p.test', app: { tls } } }
  const preview = {
    ...place,
    name: 'api--pr-1',
    domains: ['api--pr-1.p.test'],
    isolated: true,
    tls,
  }
  const wildcardOf = (apps: object[]) => {
    const config = { apps: Object.fromEntries(apps.map((each, at) => [at, each])), url: '' }
    return tlsSites(config as unknown as Config).find(({ site }) => site === 'previews.p.test')
  }
  expect(wildcardOf([api])?.shownAt).toEqual(['api--asks.p.test'])
  expect(wildcardOf([api, preview])?.shownAt).toEqual(['api--pr-1.p.test'])
  const all = [api, preview, { ...rooted, name: 'web' }] as unknown as AppConfig[]
  expect(showersOf('previews.p.test', all).map(({ name }) => name)).toEqual(['api', 'api--pr-1'])
})

test.each([10, 20])(
  'of %s apps each is read as often as of others, to find their certificates',
  (count) => {
    let reads = 0
    const apps = Object.fromEntries(
      Array.from({ length: count }, (_, at) => {
        const app = { ...place, name: `app-${at}`, paths: ['/'] }
        return [
          app.name,
          {
            ...app,
            get domains() {
              reads += 1
              return [`${app.name}.test`]
            },
          },
        ]
      }),
    )
    const config = { apps, url: 'http://deploy.test', tls: { directory }, data: '/data' }
    const sites = tlsSites(config as unknown as Config)
    expect(sites.map(({ names }) => names)).toStrictEqual(
      Object.keys(apps).map((name) => [`${name}.test`]),
    )
    tlsSites(config as unknown as Config)
    expect(reads).toBe(3 * count)
  },
)
