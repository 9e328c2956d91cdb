import { expect, test } from 'vitest'
import { OWN_PLATFORM } from '../../../receiver/config/container-world.ts'
import { app, notices, problems, withApp } from './load-text.ts'

test.for([
  ['{ hostname: web, domainname: example.com }', { hostname: 'web', domainname: 'example.com' }],
  ['{ tty: true, stdin_open: true }', { tty: true, stdinOpen: true }],
  ['{ pid: host, uts: host, userns_mode: host }', { pid: 'host', uts: 'host', users: 'host' }],
  ['{ ipc: shareable, cgroup: private }', { ipc: 'shareable', cgroup: 'private' }],
  ['{ cgroup_parent: /apps, runtime: nvidia }', { cgroupParent: '/apps', runtime: 'nvidia' }],
  [
    '{ dns_search: example.com, dns_opt: [use-vc, "ndots:2"] }',
    { dnsSearch: ['example.com'], dnsOptions: ['use-vc', 'ndots:2'] },
  ],
  [
    '{ annotations: [com.example.a=b], storage_opt: { size: 1G } }',
    { annotations: { 'com.example.a': 'b' }, storageOptions: { size: '1G' } },
  ],
  ['device_cgroup_rules: ["c 1:3 mr"]', { deviceCgroupRules: ['c 1:3 mr'] }],
] as const)('%s', ([line, expected]) => {
  expect(app([line.startsWith('{') ? `<<: ${line}` : line]).container).toMatchObject(expected)
})

test.for([
  ['hostname: a b', 'hostname: "a b" is not a name of letters, digits and . _ -'],
  [
    'pid: container:db',
    'pid: "container:db" is not a value of pid; write host, or leave it out: another container\'s may be gone by the next deployment',
  ],
  ['ipc: service:db', 'ipc: "service:db" is not one of: none, private, shareable, host'],
  ['cgroup: none', 'cgroup: "none" is not one of: host, private'],
  [
    'platform: windows/amd64',
    `platform: "windows/amd64" is not what this machine runs, ${OWN_PLATFORM}; build the image for it, and leave platform out`,
  ],
] as const)('%s is refused', ([line, problem]) => {
  expect(problems(withApp(line)).map((each) => each.replace(/^[^ ]+ apps\.api\./, ''))).toEqual([
    problem,
  ])
})

test("the platform of this machine needs nothing done, in Docker's words and the kernel's", () => {
  for (const platform of [OWN_PLATFORM, 'linux', OWN_PLATFORM.replace('amd64', 'x86_64')]) {
    expect(notices(withApp(`platform: ${platform}`))).toEqual([])
  }
})
