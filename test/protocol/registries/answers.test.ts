import { expect, test } from 'vitest'
import { form, reasonOf } from '../../../protocol/registries/answers.ts'

test.for<[string, string]>([
  [
    '{"error":"invalid_grant","error_description":"AADSTS70011: no such scope"}',
    'AADSTS70011: no such scope',
  ],
  ['{"message":"not authorized"}', 'not authorized'],
  ['{"Message":"User is not authorized"}', 'User is not authorized'],
  ['{"detail":"try again"}', 'try again'],
  [String.raw`{"message":"one\r\ntwo \"three\""}`, String.raw`one two \"three\"`],
  ['<Error><Message>Access denied</Message></Error>', 'Access denied'],
  ['  plain\n  words  ', 'plain words'],
  ['', 'nothing'],
  [' \n ', 'nothing'],
])('of %j it is said: %s', ([text, expected]) => {
  expect(reasonOf(text)).toBe(expected)
})

test('no more than 300 characters are shown', () => {
  expect(reasonOf('x'.repeat(999))).toBe(`${'x'.repeat(300)}…`)
})

test('a form is encoded', () => {
  expect(form({ scope: 'a b', token: '1&2=3' })).toBe('scope=a+b&token=1%262%3D3')
})
