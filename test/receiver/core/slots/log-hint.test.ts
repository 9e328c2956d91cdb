import { expect, test } from 'vitest'
import { logHint } from '../../../../receiver/core/slots/log-hint.ts'
import { APP } from '../../../support/fake-world.ts'

const hint = (driver: string | undefined, log: string[] = []) => {
  const logging = driver === undefined ? {} : { logging: { driver, options: {} } }
  return logHint({ name: 'api', container: { ...APP.container, ...logging } }, log)
}

test.each([undefined, 'none', 'syslog'])('lines that there are, are pointed to: %s', (driver) => {
  expect(hint(driver, ['a line'])).toBe('look at what it printed last')
})

test.each([undefined, 'json-file', 'local', 'journald'])(
  'an app that Docker keeps the log of (%s) has printed nothing',
  (driver) => expect(hint(driver)).toBe('it has printed nothing'),
)

test('where the log goes instead is told', () => {
  expect(hint('none')).toBe(
    'it has no log: apps.api.logging has the driver none, which keeps nothing',
  )
  expect(hint('syslog')).toBe('Docker has no lines of it: apps.api.logging sends them to syslog')
})
