import { describe, expect, test } from 'vitest'
import { problems, withApp, withLines } from './load-text.ts'

const SECRET = 'hunter2'

/** Every place that may hold a secret, as a config that is wrong there or beside it. */
const PLACES: Readonly<Record<string, (value: string) => string>> = {
  'a registry password': (value) =>
    withLines(`registries: { ghcr.io: { username: "", password: ${value} } }`),
  'a registry login as text': (value) => withLines(`registries: { ghcr.io: ${value} }`),
  'a registry user name': (value) =>
    withLines(`registries: { ghcr.io: { username: ${value}, password: "" } }`),
  'a read token': (value) => withLines(`read_tokens: [${value}]`),
  'a read token as text': (value) => withLines(`read_tokens: ${value}`),
  'the url': (value) => `url: https://me:${value}@d.example\napps: { a: { image: x/y } }`,
  'a webhook secret': (value) => withApp(`auth: { secrets: [${value}] }`),
  'webhook secrets as text': (value) => withApp(`auth: { secrets: ${value} }`),
  'webhook secrets as a mapping': (value) => withApp(`auth: { secrets: { a: ${value} } }`),
  'a key': (value) => withApp(`auth: { keys: [${value}] }`),
  'auth as text': (value) => withApp(`auth: ${value}`),
  'a kind of auth that is not known': (value) => withApp(`auth: { basic: { token: ${value} } }`),
  'the environment': (value) => withApp(`environment: { A: ${value}, "": x }`),
  'the environment as a list': (value) => withApp(`environment: [A=${SECRET}, =${value}]`),
  'the environment as text': (value) => withApp(`environment: ${value}`),
  'a probe header': (value) => withApp(`health: { headers: { "a b": ${value} } }`),
  'a probe header as a list': (value) =>
    withApp(`health: { headers: [ "Authorization: ${value}"] }`),
  'probe headers as text': (value) => withApp(`health: { headers: ${value} }`),
}

/** Slips of the hand, and how they are written: whatever the parser stumbles over must not be shown. */
const FORMS = [
  SECRET,
  `"${SECRET}`,
  `'${SECRET}' x`,
  `whsec_${SECRET}`,
  `whpk_${SECRET}`,
  `whsk_${SECRET}`,
  `"${SECRET}\\n"`,
  `"${SECRET}$"`,
  `"\${${SECRET.toUpperCase()}_UNSET}${SECRET}"`,
  `"\${A:-${SECRET}"`,
  `*${SECRET}`,
  `|${SECRET}`,
  `>${SECRET} x`,
  `!${SECRET} x`,
  `!a!${SECRET} x`,
  `@${SECRET}`,
  `%${SECRET}`,
  `]${SECRET}`,
  `}${SECRET}`,
  `"a" "${SECRET}"`,
  `"\\u${SECRET}"`,
  `"\\q${SECRET}"`,
]

describe('a secret is in no message', () => {
  test.for(Object.keys(PLACES))('%s', (place) => {
    const wrong = FORMS.map((form) => PLACES[place]?.(form) ?? '')
    const shown = wrong.flatMap((text) => problems(text)).filter((line) => /hunter?/.test(line))
    expect(shown).toEqual([])
  })

  test.for(Object.keys(PLACES))('%s, from a variable', (place) => {
    const text = PLACES[place]?.('"${PASSWORD}"') ?? ''
    const found = problems(text, { PASSWORD: SECRET })
    expect(found.filter((line) => line.includes(SECRET))).toEqual([])
  })

  test('every place is refused in at least one form, so that there are messages', () => {
    for (const [place, write] of Object.entries(PLACES)) {
      const found = FORMS.flatMap((form) => problems(write(form)))
      expect(found.length, place).toBeGreaterThan(0)
    }
  })

  test('an env file', () => {
    for (const content of [`A="${SECRET}`, SECRET.replace('h', '1h'), `A B=${SECRET}`]) {
      const found = problems(withApp('env_file: x.env'), {}, { 'x.env': content })
      expect(found).toHaveLength(1)
      expect(found[0]).not.toContain('unter2')
    }
  })
})
