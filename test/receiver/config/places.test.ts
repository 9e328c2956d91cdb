import { describe, expect, test } from 'vitest'
import { app, load, problems, withApp } from './load-text.ts'

/** Apps `a`, `b`, … whose keys stand on one line each, from line 3 on. */
const apps = (...lines: string[]) =>
  ['url: https://d.example', 'apps:']
    .concat(lines.map((line, at) => `  ${'abc'[at]}: { image: x/y, ${line} }`))
    .join('\n')

test('an app is at / of its domains, unless it says otherwise', () => {
  expect(app(['domains: [a.example]'])).toMatchObject({
    paths: ['/'],
    stripPrefix: false,
    redirectFrom: [],
  })
  expect(
    app(['domains: [a.example]', 'paths: [/api/, /v1.2/x_y~z]', 'strip_prefix: true']),
  ).toMatchObject({ paths: ['/api', '/v1.2/x_y~z'], stripPrefix: true })
})

test('apps share a domain by their paths', () => {
  const text = apps(
    'domains: [d.test, e.test]',
    'domains: [d.test], paths: [/api]',
    'domains: [d.test], paths: [/api/v1]',
  )
  expect(Object.values(load(text).apps).map(({ paths }) => paths)).toEqual([
    ['/'],
    ['/api'],
    ['/api/v1'],
  ])
})

test.for([
  [
    ['domains: [d.test]', 'domains: [d.test]'],
    '4:30: apps.b.domains[0]: d.test is a domain of a already; take it out of one of both, or give them other `paths`',
  ],
  [
    ['domains: [d.test], paths: /api', 'domains: [d.test], paths: [/, /api/]'],
    '4:30: apps.b.domains[0]: a is at d.test/api already; take it out of one of both, or give them other `paths`',
  ],
  [
    ['domains: [d.test], redirect_from: [www.d.test]', 'domains: [www.d.test]'],
    '4:30: apps.b.domains[0]: www.d.test leads to a already (redirect_from); take it out of one of both',
  ],
  [
    ['domains: [d.test]', 'domains: [e.test], redirect_from: d.test'],
    '4:54: apps.b.redirect_from: d.test is a domain of a already; take it out of one of both',
  ],
  [
    ['domains: [d.test], redirect_from: [w.test]', 'domains: [e.test], redirect_from: [w.test]'],
    '4:55: apps.b.redirect_from[0]: w.test leads to a already (redirect_from); take it out of one of both',
  ],
  [
    ['domains: [d.test], redirect_from: [d.test]'],
    '3:55: apps.a.redirect_from[0]: d.test is one of domains, too; take it out of one of both',
  ],
  [
    ['domains: [d.test], redirect_from: [w.test, w.test]'],
    '3:63: apps.a.redirect_from[1]: w.test stands here twice; take one of both out',
  ],
  [
    ['domains: [d.test], redirect_from: [d.example]'],
    '3:55: apps.a.redirect_from[0]: d.example is the host of url (https://d.example), at which the receiver takes hooks; give a another name, like a.d.example, or url another host',
  ],
] as const)('%j is refused where it stands', ([lines, problem]) => {
  expect(problems(apps(...lines))).toEqual([`config.yaml:${problem}`])
})

describe('refused are', () => {
  test.for([
    [
      'paths: [api]',
      '5:13: apps.api.paths[0]: "api" is not a path; write it like /api: letters, digits and . _ ~ - between slashes',
    ],
    ['paths: [/a, /a/]', '5:17: apps.api.paths[1]: /a stands here twice; take one of both out'],
    [
      'strip_prefix: true',
      '5:19: apps.api.strip_prefix: / is no prefix to strip; name what is to be: `paths: [/api]`',
    ],
    [
      'redirect_from: [www.a.example]',
      '5:20: apps.api.redirect_from: there is nowhere to lead to: the app has no domains; name under `domains`, as the first one, where these are to lead',
    ],
  ] as const)('%s', ([line, problem]) => {
    expect(problems(withApp(line))).toEqual([`config.yaml:${problem}`])
  })

  test('a prefix that gRPC would lose', () => {
    const lines = ['paths: [/api]', 'strip_prefix: true', 'site: { protocol: grpc }']
    expect(problems(withApp(...lines))).toEqual([
      'config.yaml:6:19: apps.api.strip_prefix: the path of a call by gRPC is its method: there is nothing to take off; leave it out',
    ])
  })

  test('a redirect to a wildcard', () => {
    const [first = ''] = problems(withApp('domains: ["*.a.example"]', 'redirect_from: [a.example]'))
    expect(first).toContain('*.a.example is no one name to lead to')
  })

  test.for([
    '/a b',
    '/a//b',
    '/../etc',
    '/a/.',
    '/a%2Fb',
    '/$uri',
    '/a;',
    '/a{',
    '/"',
    '/a#b',
    '/ü',
    `/${'x'.repeat(200)}`,
    '/.well-known/acme-challenge/x',
    '/.well-known/deploy-receiver',
  ])('the path %s', (path) => {
    expect(problems(withApp(`paths: [${JSON.stringify(path)}]`))).toHaveLength(1)
  })
})

test('where visitors come is nothing for a worker', () => {
  const keys = ['paths: [/a]', 'strip_prefix: true', 'redirect_from: [a.example]']
  expect(problems(withApp('http: false', ...keys)).length).toBeGreaterThanOrEqual(3)
})
