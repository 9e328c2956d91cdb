import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readAttestations } from '../../action/attestations.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'deploy-attestations-'))
})
afterEach(() => rmSync(dir, { recursive: true }))
const file = (text: string) => {
  const path = join(dir, 'bundle')
  writeFileSync(path, text)
  return path
}

test.for<[string, string, unknown[]]>([
  ['one bundle', '{"a":1}', [{ a: 1 }]],
  ['one bundle, printed for people', '{\n  "a": 1\n}\n', [{ a: 1 }]],
  ['several, one a line', '{"a":1}\n{"b":2}\n\n', [{ a: 1 }, { b: 2 }]],
])('%s', ([, text, expected]) => {
  expect(readAttestations([file(text)])).toEqual(expected)
})

test.for([
  ['', 'holds no Sigstore bundle'],
  ['not json', 'holds no Sigstore bundle'],
  ['{"a":1}\nrubbish\n{"b":1}', 'holds no Sigstore bundle'],
  ['{}\n'.repeat(9), '9 bundles'],
] as const)('%j is refused', ([text, message]) => {
  expect(() => readAttestations([file(text)])).toThrow(message)
})

test('a file that is not there is named', () => {
  expect(() => readAttestations(['/no/such/file'])).toThrow('/no/such/file cannot be read')
})
