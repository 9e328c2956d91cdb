import { describe, expect, test } from 'vitest'
import { type AppSpec, settingsOf, withSettings } from '../../../receiver/core/app.ts'
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
