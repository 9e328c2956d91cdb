import { describe, expect, test } from 'vitest'
import { load, problems } from './load-text.ts'

/** Apps with what they say of their site, below what is said for all of them. */
const config = (nginx: string, ...apps: string[]) =>
  ['url: https://deploy.example.com', nginx, 'apps:']
    .concat(apps.map((site, at) => `  app${at}: { image: ghcr.io/acme/app${at}, ${site} }`))
    .join('\n')

const trusted = (text: string) =>
  Object.values(load(text).apps).map(({ site }) => site.trustedProxies)

describe('trusted_proxies', () => {
  test('of nginx.site hold for apps that say nothing of their own', () => {
    const nginx = 'nginx: { site: { trusted_proxies: [10.0.0.0/8] } }'
    const apps = [
      '',
      'site: ',
      'site: { trusted_proxies: 192.0.2.1 }',
      'site: { trusted_proxies: [] }',
    ]
    expect(trusted(config(nginx, ...apps))).toEqual([
      ['10.0.0.0/8'],
      ['10.0.0.0/8'],
      ['192.0.2.1/32'],
      [],
    ])
    expect(trusted(config('', ''))).toEqual([[]])
  })

  test('are written as Nginx likes them: by the first address, once, and IPv4 as such', () => {
    const networks =
      '[10.1.2.3/8, 10.0.0.0/8, "fd00::1/8", "::ffff:192.0.2.0/120", "2001:DB8:0::1"]'
    expect(trusted(config('', `site: { trusted_proxies: ${networks} }`))).toEqual([
      ['10.0.0.0/8', 'fd00::/8', '192.0.2.0/24', '2001:db8::1/128'],
    ])
  })

  test.for([
    ['[cloudflare]', '"cloudflare" is not an address or network'],
    ['["10.0.0.0/8; deny all"]', '"10.0.0.0/8; deny all" is not an address or network'],
    ['[0.0.0.0/0]', '"0.0.0.0/0" is everybody'],
    ['["::/0"]', '"::/0" is everybody'],
  ] as const)('may not be %s', ([networks, problem]) => {
    for (const [nginx, app] of [
      [`nginx: { site: { trusted_proxies: ${networks} } }`, ''],
      ['', `site: { trusted_proxies: ${networks} }`],
    ] as const) {
      const found = problems(config(nginx, app))
      expect(found).toHaveLength(1)
      expect(found[0]).toContain(problem)
    }
  })
})

test('a key of a site that is not known is named, with what is', () => {
  expect(problems(config('nginx: { site: { trusted_proxy: 10.0.0.1 } }', ''))).toEqual([
    'config.yaml:2:18: nginx.site.trusted_proxy: unknown key "trusted_proxy"; did you mean "trusted_proxies"?',
  ])
})
