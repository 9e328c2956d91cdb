import { describe, expect, test } from 'vitest'
import { type AppSpec, rolledBack, settingsOf, withSettings } from '../../../receiver/core/app.ts'
import { APP } from '../../support/fake-world.ts'

const RELEASE = { command: ['migrate'], timeoutMs: 1000 }
const { port: _port, ...WITHOUT_PORT } = APP

describe('the settings of a release', () => {
  test('are those that a rollback brings back, and nothing else', () => {
    const { port, container, replicas, health } = APP
    expect(settingsOf({ ...APP, release: RELEASE })).toStrictEqual({
      port,
      container,
      replicas,
      release: RELEASE,
      health,
    })
  })

  test('leave out what is not configured', () => {
    const { container, replicas, health } = APP
    expect(settingsOf(WITHOUT_PORT)).toStrictEqual({ container, replicas, health })
  })
})

describe('an app with the settings of a release', () => {
  const before: AppSpec = { ...WITHOUT_PORT, replicas: 3, keep: 7 }

  test('has them, and what is configured now beside them', () => {
    const now: AppSpec = { ...APP, release: RELEASE, keep: 9 }
    expect(withSettings(now, settingsOf(before))).toStrictEqual({
      ...WITHOUT_PORT,
      replicas: 3,
      keep: 9,
    })
  })

  test('is as it is configured when they are not known', () => {
    expect(withSettings(APP, undefined)).toBe(APP)
  })
})

describe('a rollback', () => {
  const container = APP.container
  const then: AppSpec = {
    ...APP,
    port: 3000,
    replicas: 2,
    release: RELEASE,
    health: {
      ...APP.health,
      path: '/then',
      headers: { Host: 'then', 'X-Key': 'key then' },
      secretHeaders: ['X-Key'],
    },
    container: {
      ...container,
      command: ['then'],
      entrypoint: ['/then'],
      workingDir: '/then',
      healthcheck: { test: ['CMD', 'then'] },
      labels: { version: 'then' },
      environment: { LEVEL: 'then', MODE: 'then', PASSWORD: 'then', OLD_SECRET: 'then' },
      secretEnvironment: ['PASSWORD', 'OLD_SECRET'],
      user: '0',
      volumes: ['/:/host'],
      networks: ['inner'],
      privileged: true,
      capAdd: ['SYS_ADMIN'],
      devices: [{ host: '/dev/kvm', container: '/dev/kvm', permissions: 'rwm' }],
      groupAdd: ['docker'],
      securityOpt: ['apparmor=unconfined'],
      sysctls: { 'net.ipv4.ip_forward': '1' },
      extraHosts: ['db:10.0.0.1'],
      tmpfs: { '/then': '' },
    },
  }
  const now: AppSpec = {
    ...APP,
    port: 8000,
    health: { ...APP.health, headers: { 'X-Key': 'key now' }, secretHeaders: ['X-Key'] },
    container: {
      ...container,
      environment: { LEVEL: 'now', MODE: 'now', PASSWORD: 'now' },
      secretEnvironment: ['PASSWORD', 'MODE'],
      user: '1000',
      readOnly: true,
      capDrop: ['ALL'],
      memoryBytes: 64_000_000,
      pidsLimit: 50,
      stopGraceMs: 1234,
    },
  }
  const back = rolledBack(now, settingsOf(then))

  test('has of the release what that release was', () => {
    const { command, entrypoint, workingDir, healthcheck, labels } = then.container
    expect(back).toMatchObject({ port: 3000, replicas: 2, health: { path: '/then' } })
    expect(back.container).toMatchObject({ command, entrypoint, workingDir, healthcheck, labels })
  })

  // a limit that was set since then stays, and a right that was taken away stays away
  test('has every right and every limit of the config in force', () => {
    const ofTheRelease = ['command', 'entrypoint', 'workingDir', 'healthcheck', 'labels']
    const rights = (of: object) =>
      Object.fromEntries(
        Object.entries(of).filter(
          ([name]) => ![...ofTheRelease, 'environment', 'secretEnvironment'].includes(name),
        ),
      )
    expect(rights(back.container)).toStrictEqual(rights(now.container))
    expect(back).not.toHaveProperty('release')
  })

  test('has the plain environment of then, and the secrets of now', () => {
    expect(back.container.environment).toStrictEqual({
      LEVEL: 'then',
      MODE: 'now',
      PASSWORD: 'now',
    })
    expect(back.container.secretEnvironment).toStrictEqual(['PASSWORD', 'MODE'])
    expect(back.health.headers).toStrictEqual({ Host: 'then', 'X-Key': 'key now' })
  })

  test('leaves what the release did not have to the image', () => {
    const { port: _p, ...without } = APP
    const { container: made, ...others } = rolledBack(then, settingsOf(without))
    expect(others).not.toHaveProperty('port')
    for (const name of ['command', 'entrypoint', 'workingDir', 'healthcheck']) {
      expect(made).not.toHaveProperty(name)
    }
  })

  test.each<[string, object]>([
    ['a command', { command: ['serve', '--password=pw of then'] }],
    ['an entrypoint', { entrypoint: ['/x', 'pw of then'] }],
    ['a check', { healthcheck: { test: ['CMD-SHELL', 'ask "pw of then"'] } }],
    ['labels', { labels: { rule: 'pw of then' } }],
  ])('has %s of now when a secret of then stands in the one of then', (_what, change) => {
    const secretThen: AppSpec = {
      ...APP,
      container: { ...container, ...change, secretVariables: { PW: 'pw of then' } },
    }
    const made = rolledBack(now, settingsOf(secretThen)).container
    expect(JSON.stringify(made)).not.toContain('pw of then')
    expect(made.labels).toStrictEqual(now.container.labels)
  })
})
