import { expect, test } from 'vitest'
import { secretsOf } from '../../../receiver/config/secrets-of.ts'
import { load, problems, withLines } from './load-text.ts'

const TOKEN = 'f8Zt3LwXc0Vn7RbYk2MfHd5s'
const fleet = (...items: string[]) => withLines('fleet:', ...items.map((item) => `  - ${item}`))

test.for([
  ['{ url: https://b.example }', 'fleet[0]: read_token is missing'],
  [`{ read_token: ${TOKEN} }`, 'fleet[0]: url is missing'],
  [`{ url: b.example, read_token: ${TOKEN} }`, 'fleet[0].url: this is not the url of a receiver'],
  [
    `{ url: https://me:x@b.example, read_token: ${TOKEN} }`,
    'fleet[0].url: this is not the url of a receiver',
  ],
  ['{ url: https://b.example, read_token: short }', 'fleet[0].read_token: this is not a read'],
  [
    `{ url: https://b.example, token: ${TOKEN} }`,
    'unknown key "token"; known are: url, read_token',
  ],
] as const)('%s is refused', ([item, said]) => {
  expect(problems(fleet(item)).join('\n')).toContain(said)
})

test('a receiver is named once, and one token may be good for many', () => {
  const item = (host: string) => `{ url: ${host}, read_token: ${TOKEN} }`
  expect(
    problems(fleet(item('https://b.example'), item('https://b.example/'))).join('\n'),
  ).toContain('https://b.example is there twice')
  const config = load(fleet(item('https://b.example'), item('https://c.example/x/')))
  expect(config.fleet).toEqual([
    { url: 'https://b.example', readToken: TOKEN },
    { url: 'https://c.example/x', readToken: TOKEN },
  ])
  expect(JSON.stringify(secretsOf(config).common)).toContain(TOKEN)
})
