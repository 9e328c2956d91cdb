import { expect, test } from 'vitest'
import { problems, withApp, withLines } from './load-text.ts'

const TOKEN = '3f2a9c81d04e7b65a1908cf2'

/** Each advice with a config that gets it, and that config with the advice followed. */
const ADVICE: readonly [advice: string, wrong: string, followed: string][] = [
  ['write a default: ${PORT:-…}', withApp('port: "${PORT}"'), withApp('port: "${PORT:-80}"')],
  [
    'write a default: ${T:-…}',
    withApp('auth: { basic: { token: "${T}" } }'),
    withApp(`auth: { basic: { token: "\${T:-${TOKEN}}" } }`),
  ],
  [
    'write a default: ${A:-…}',
    withApp('environment: { A: "${A}" }'),
    withApp('environment: { A: "${A:-}" }'),
  ],
  ['write $$ for a plain $', withApp('command: echo $'), withApp('command: echo $$')],
  ['like https://deploy.example.com', 'apps: {a: {image: x/y}}', withApp()],
  ['write host:port', withLines('listen: 9080'), withLines('listen: 127.0.0.1:9080')],
  ['did you mean "port"?', withApp('prot: 80'), withApp('port: 80')],
  ['write it as name: …', withLines('network: deploy'), withLines('network: { name: deploy }')],
  ['write it as path: …', withApp('health: /up'), withApp('health: { path: /up }')],
  ['write one, without [ ] and -', withApp('port: [80]'), withApp('port: 80')],
  ['goes into quotes', withApp('user: {{ user }}'), withApp("user: '{{ user }}'")],
  ['write true', withApp('init: y'), withApp('init: true')],
  ['write false', withApp('read_only: 0'), withApp('read_only: false')],
  ['alone: 80', withApp('port: 8080:80'), withApp('port: 80')],
  ['like ghcr.io/acme/api', withLines().replace('image: ghcr.io/acme/api', ''), withLines()],
  [
    'write ghcr.io/acme/api',
    withLines().replace('/api', `/api@sha256:${'a'.repeat(64)}`),
    withLines(),
  ],
  ['a DNS label', withLines().replace('api:', 'Api:'), withLines()],
  ['like api.d.example', withApp('domains: [d.example]'), withApp('domains: [api.d.example]')],
  ['without scheme', withApp('domains: ["https://A.example/"]'), withApp('domains: [a.example]')],
  [
    'like 10.213.0.0/20',
    withLines('network: {subnet: 10.0.0.1}'),
    withLines('network: {subnet: 10.213.0.0/20}'),
  ],
  ['write it like 10s', withApp('watch: soon'), withApp('watch: 10s')],
  ['write it like 512m', withApp('mem_limit: much'), withApp('mem_limit: 512m')],
  [
    'write its host, like ghcr.io',
    withLines('registries: { https://ghcr.io: { username: a, password: b } }'),
    withLines('registries: { ghcr.io: { username: a, password: b } }'),
  ],
  [
    'did you mean "username"?',
    withLines('registries: { ghcr.io: { usernam: a, username: a, password: b } }'),
    withLines('registries: { ghcr.io: { username: a, password: b } }'),
  ],
  [
    'openssl rand -hex 24',
    withApp('auth: { basic: { token: short } }'),
    withApp(`auth: { basic: { token: ${TOKEN} } }`),
  ],
  [
    'add repository_id',
    withApp('auth: { oidc: { ref: refs/heads/main } }'),
    withApp('auth: { oidc: { ref: refs/heads/main, repository_id: "1" } }'),
  ],
  ['write release: npm run migrate', withApp('release: {}'), withApp('release: npm run migrate')],
  ['add mem_limit', withApp('memswap_limit: 1g'), withApp('memswap_limit: 1g', 'mem_limit: 512m')],
  ['no, always, unless-stopped', withApp('restart: never'), withApp('restart: "no"')],
  ['write name:10.0.0.1', withApp('extra_hosts: [db]'), withApp('extra_hosts: ["db:10.0.0.1"]')],
  ['leave warm out', withApp('strategy: recreate', 'warm: 1m'), withApp('strategy: recreate')],
  [
    "put quotes around it: command: '…'",
    withApp('command: echo a: b'),
    withApp("command: 'echo a: b'"),
  ],
  ['write " where it ends', withApp('user: "a'), withApp('user: "a"')],
  [
    'two blanks further right',
    withApp('domains:', '- a.example').replace('    - a', '  - a'),
    withApp('domains:', '- a.example'),
  ],
  ['indent by blanks', withApp('watch: 1s').replace('    watch', '\twatch'), withApp('watch: 1s')],
  ['keep one of them', withApp('watch: 1s', 'watch: 2s'), withApp('watch: 2s')],
  ['column of watch', withApp('watch: 1s', '  drain: 1s'), withApp('watch: 1s', 'drain: 1s')],
  ['write drain: …', withApp('drain:1s', 'watch: 1s'), withApp('drain: 1s', 'watch: 1s')],
]

test.for(ADVICE)('whoever follows "%s" has a config that is taken', ([advice, wrong, followed]) => {
  expect(problems(wrong).join('\n')).toContain(advice)
  expect(problems(followed)).toEqual([])
})

test.for([
  ['ports: [22:22, 3000:3000]', 'ports: ["22:22"]'],
  ['user: 0123', 'mem_limit: 1_000'],
])('%s is no number to the base of sixty or eight', ([line = '']) => {
  expect(problems(withApp(line))).toEqual([])
})
