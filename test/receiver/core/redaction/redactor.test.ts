import { describe, expect, test } from 'vitest'
import { createRedactor } from '../../../../receiver/core/redaction/redactor.ts'

const secret = (name: string, value: string) => ({ name, value })
const KEY = secret('KEY', 'key-of-everybody')
const OWN = secret('PASSWORD', 'own-password-1')
const make = () => createRedactor({ common: [KEY], apps: { api: [OWN] } })

describe('what an app has as a secret', () => {
  const text = `${KEY.value} ${OWN.value}`

  test('is taken out of what is of it, and of what is of no app', () => {
    expect(make().of('api')(text)).toBe('[KEY] [PASSWORD]')
    expect(make().redact(text)).toBe('[KEY] [PASSWORD]')
  })

  test('stays in what is of another app, where it may be an innocent word', () => {
    expect(make().of('web')(text)).toBe(`[KEY] ${OWN.value}`)
    // an app named like a property of objects
    expect(make().of('constructor')(text)).toBe(`[KEY] ${OWN.value}`)
  })

  test('is no secret any more when the config has another value', () => {
    const redactor = make()
    redactor.take({ common: [], apps: { api: [secret('PASSWORD', 'own-password-2')] } })
    expect(redactor.of('api')(`${text} own-password-2`)).toBe(`${text} [PASSWORD]`)
  })

  test('stays one as long as something runs with it', () => {
    const redactor = make()
    redactor.keep('api', [OWN])
    redactor.take({ common: [], apps: {} })
    expect(redactor.of('api')(OWN.value)).toBe('[PASSWORD]')
    expect(redactor.redact(OWN.value)).toBe('[PASSWORD]')
    redactor.keep('api', [])
    expect(redactor.of('api')(OWN.value)).toBe(OWN.value)
  })
})

test('what is a name in the config is shown, however it is used beside', () => {
  const redactor = createRedactor({
    common: [],
    apps: { api: [secret('SERVICE', 'frontend')] },
    names: new Set(['frontend']),
  })
  redactor.keep('api', [secret('SERVICE', 'frontend'), OWN])
  expect(redactor.of('api')(`frontend ${OWN.value}`)).toBe('frontend [PASSWORD]')
})

describe('tokens that are asked for again and again', () => {
  const tokens = (from: number, count: number) =>
    Array.from({ length: count }, (_, at) =>
      secret('token', `minted-token-${String(from + at).padStart(6, '0')}`),
    )

  test('are forgotten when there are many newer ones, and nothing else is', () => {
    const redactor = make()
    redactor.learnTokens(tokens(0, 1))
    for (let from = 1; from < 1000; from += 100) redactor.learnTokens(tokens(from, 100))
    const [oldest, newest] = [tokens(0, 1)[0]?.value, tokens(1000, 1)[0]?.value]
    expect(redactor.of('api')(`${OWN.value} ${newest} ${oldest}`)).toBe(
      `[PASSWORD] [token] ${oldest}`,
    )
  })
})
