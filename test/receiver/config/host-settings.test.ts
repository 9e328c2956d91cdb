import { describe, expect, test } from 'vitest'
import { app, problems, withApp } from './load-text.ts'

const DEVICE = 'write /dev/dri:/dev/dri:rwm, or a CDI name like vendor.com/gpu=all'
const gpu = { driver: '', count: -1, deviceIds: [], capabilities: ['gpu'], options: {} }

describe("what a container may have of its host, in Compose's forms", () => {
  test.for([
    [
      'extra_hosts: ["a:10.0.0.1", "b=host-gateway"]',
      { extraHosts: ['a:10.0.0.1', 'b:host-gateway'] },
    ],
    ['extra_hosts: ["a:::1", "b:[::1]"]', { extraHosts: ['a:::1', 'b:::1'] }],
    ['extra_hosts: { a: [10.0.0.1, "::1"] }', { extraHosts: ['a:10.0.0.1', 'a:::1'] }],
    ['dns: 8.8.8.8', { dns: ['8.8.8.8'] }],
    ['shm_size: 1gb', { shmBytes: 1_073_741_824 }],
    ['group_add: [44, render]', { groupAdd: ['44', 'render'] }],
    ['ulimits: { memlock: -1 }', { ulimits: [{ name: 'memlock', soft: -1, hard: -1 }] }],
    ['sysctls: [net.core.somaxconn=1024]', { sysctls: { 'net.core.somaxconn': '1024' } }],
    ['init: false', { init: false }],
    ['cap_drop: [ALL]', { capDrop: ['ALL'] }],
    ['security_opt: [no-new-privileges]', { securityOpt: ['no-new-privileges'] }],
    ['security_opt: ["no-new-privileges:false"]', { securityOpt: ['no-new-privileges=false'] }],
    [
      'security_opt: ["seccomp:unconfined", "label:disable"]',
      { securityOpt: ['seccomp=unconfined', 'label=disable'] },
    ],
    ['pids_limit: -1', { pidsLimit: -1 }],
    ['pids_limit: 0', { pidsLimit: -1 }],
    ['logging: { driver: none }', { logging: { driver: 'none', options: {} } }],
    [
      'logging: { options: { max-size: 1m } }',
      { logging: { driver: 'json-file', options: { 'max-size': '1m' } } },
    ],
    ['tmpfs: /run', { tmpfs: { '/run': '' } }],
    [
      'volumes: [{ type: bind, source: /a, target: /b, read_only: true, bind: { propagation: rslave } }]',
      { volumes: ['/a:/b:ro,rslave'] },
    ],
    [
      'volumes: [{ type: volume, source: a, target: /b, volume: { nocopy: true } }]',
      { volumes: ['a:/b:nocopy'] },
    ],
    [
      'volumes: [{ type: tmpfs, target: /b, tmpfs: { size: 1m, mode: 0700 } }]',
      { volumes: [], tmpfs: { '/b': 'size=1048576,mode=700' } },
    ],
    [
      'volumes: [{ type: tmpfs, target: /b, tmpfs: { mode: 0o1777 } }]',
      { tmpfs: { '/b': 'mode=1777' } },
    ],
    // decimal to YAML, and so to Compose
    [
      'volumes: [{ type: tmpfs, target: /b, tmpfs: { mode: 511 } }]',
      { tmpfs: { '/b': 'mode=777' } },
    ],
    ['volumes: ["/a:/b:ro,cached"]', { volumes: ['/a:/b:ro,cached'] }],
    [
      'devices: [/dev/kfd, "/dev/dri:/dev/x", "/dev/a:r"]',
      {
        devices: [
          { host: '/dev/kfd', container: '/dev/kfd', permissions: 'rwm' },
          { host: '/dev/dri', container: '/dev/x', permissions: 'rwm' },
          { host: '/dev/a', container: '/dev/a', permissions: 'r' },
        ],
      },
    ],
    [
      'devices: [{ source: /dev/a, permissions: rw }]',
      { devices: [{ host: '/dev/a', container: '/dev/a', permissions: 'rw' }] },
    ],
    [
      'devices: [nvidia.com/gpu=all]',
      {
        devices: [],
        gpus: [
          { ...gpu, driver: 'cdi', count: 0, deviceIds: ['nvidia.com/gpu=all'], capabilities: [] },
        ],
      },
    ],
    ['gpus: all', { gpus: [gpu] }],
    [
      'gpus: [{ count: 1, capabilities: [compute] }]',
      { gpus: [{ ...gpu, count: 1, capabilities: ['gpu', 'compute'] }] },
    ],
    [
      'gpus: [{ driver: nvidia, device_ids: ["0", "3"] }]',
      { gpus: [{ ...gpu, driver: 'nvidia', count: 0, deviceIds: ['0', '3'] }] },
    ],
  ] as const)('%s', ([line, expected]) => {
    expect(app([line]).container).toMatchObject(expected)
  })

  test('a seccomp profile beside the config is taken in', () => {
    const files = { 'profile.json': '{ "defaultAction": "SCMP_ACT_ALLOW" }' }
    expect(
      app(['security_opt: [seccomp=./profile.json]'], {}, files).container.securityOpt,
    ).toEqual(['seccomp={"defaultAction":"SCMP_ACT_ALLOW"}'])
  })

  test.for([
    ['working_dir: srv', 'working_dir: "srv" is not a path from the root'],
    [
      'stop_signal: please',
      'stop_signal: "please" is not a signal; write it like SIGINT or SIGQUIT',
    ],
    ['tmpfs: run', 'tmpfs: "run" is not a path from the root'],
    [
      'extra_hosts: [a]',
      'extra_hosts[0]: ":" names no host and address; write name:10.0.0.1 or name:host-gateway',
    ],
    [
      'extra_hosts: { a: b }',
      'extra_hosts.a: "a:b" names no host and address; write name:10.0.0.1 or name:host-gateway',
    ],
    ['dns: one.one', 'dns: "one.one" is not an IP address'],
    [
      'ulimits: { nofile: many }',
      'ulimits.nofile: "many" is not a limit; a whole number, or -1 for none',
    ],
    ['ulimits: { nofile: { soft: 1 } }', 'ulimits.nofile: nofile needs soft and hard'],
    ['sysctls: [a]', 'sysctls[0]: a sysctl needs a name and a value'],
    [
      'cap_add: [net-admin]',
      'cap_add[0]: "net-admin" is not a capability; write it like NET_BIND_SERVICE, or ALL',
    ],
    [
      'security_opt: [lax]',
      'security_opt[0]: "lax" is not a security option; no-new-privileges, apparmor=…, label=…, seccomp=… or systempaths=unconfined',
    ],
    ['pids_limit: 0.5', 'pids_limit: "0.5" is not a whole number of at least 1'],
    [
      'logging: { driver: [x] }',
      'logging.driver: this must be a single value, not a list; write one, without [ ] and -',
    ],
    [
      'volumes: [{ type: tmpfs, source: a, target: /b }]',
      'volumes[0]: a tmpfs has no source; leave source out',
    ],
    [
      'volumes: [{ type: nfs, source: a, target: /b }]',
      'volumes[0].type: "nfs" is not bind, volume or tmpfs',
    ],
    ['devices: [dri]', `devices[0]: "dri" is not a device; ${DEVICE}`],
    ['devices: [{ target: /dev/a }]', `devices[0]: source of the device is missing; ${DEVICE}`],
    ['gpus: some', 'gpus: "some" is not gpus; write all, or [{ driver: nvidia, count: 1 }]'],
    [
      'gpus: [{ count: 1, device_ids: ["0"] }]',
      'gpus[0]: count and device_ids exclude each other; write one of both',
    ],
  ] as const)('%s is refused', ([line, problem]) => {
    expect(problems(withApp(line))[0]?.replace(/^config\.yaml:5:\d+: apps\.api\./, '')).toBe(
      problem,
    )
  })
})
