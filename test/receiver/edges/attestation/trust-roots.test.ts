import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createTrustRoots,
  describeTrustRoots,
} from '../../../../receiver/edges/attestation/trust-roots.ts'
import { type Sigstore, startSigstore } from '../../../support/sigstore.ts'

interface ValidFor {
  start?: string
  end?: string
}
/** The part of a TrustedRoot's JSON that says when its keys are good. */
interface Root {
  tlogs?: { publicKey: { validFor?: ValidFor } }[]
  ctlogs?: { publicKey: { validFor?: ValidFor } }[]
  certificateAuthorities?: { validFor?: ValidFor }[]
  timestampAuthorities?: { validFor?: ValidFor }[]
}

let dir: string
let file: string
let withLogs: Sigstore
let withTimestamps: Sigstore
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'deploy-roots-'))
  file = join(dir, 'trusted_root.json')
  withLogs = await startSigstore()
  withTimestamps = await startSigstore({ log: false })
})
afterAll(async () => {
  await withLogs.stop()
  await withTimestamps.stop()
  rmSync(dir, { recursive: true })
})

const rootsOf = () =>
  [withLogs, withTimestamps].map(({ trustedRoot }) => structuredClone(trustedRoot) as Root)

const write = (roots: readonly Root[]) =>
  writeFileSync(file, roots.map((root) => `${JSON.stringify(root)}\n`).join(''))

/** Roots with the times of one kind of key changed. */
function withTimes(kind: keyof Root, validFor: ValidFor | undefined): Root[] {
  const roots = rootsOf()
  for (const root of roots) {
    for (const each of root[kind] ?? []) {
      const timed = 'publicKey' in each ? each.publicKey : each
      if (validFor === undefined) delete timed.validFor
      else timed.validFor = validFor
    }
  }
  return roots
}

const KINDS = ['tlogs', 'ctlogs', 'certificateAuthorities', 'timestampAuthorities'] as const

describe.each(KINDS)('a key under %s', (kind) => {
  test.each([
    ['without validFor', undefined],
    ['whose validFor is empty', {}],
    ['with an end alone', { end: '2030-01-01T00:00:00Z' }],
    ['whose start is no time', { start: 'long ago' }],
  ])('%s is refused, with the remedy', (_what, validFor) => {
    write(withTimes(kind, validFor))
    expect(createTrustRoots(file)).toThrow(
      expect.objectContaining({
        code: 'trust_root_missing',
        message: expect.stringMatching(/ has the .* without validFor\.start: /) as string,
        hint: `gh attestation trusted-root > ${file}`,
      }),
    )
  })
})

describe('of the roots in a file', () => {
  const now = Date.parse('2026-11-01T00:00:00Z')

  test('the newest key is told, and one of last year is fine', () => {
    write(withTimes('ctlogs', { start: '2025-06-30T00:00:00Z' }))
    expect(describeTrustRoots(file, now)).toEqual({
      message: `${file}: 5 keys, the newest of 2025-06-30`,
    })
  })

  test('that none is newer than two years is a warning, with the remedy', () => {
    write(withTimes('timestampAuthorities', { start: '2024-01-01T00:00:00Z' }))
    expect(describeTrustRoots(file, now)).toEqual({
      message: `${file}: 5 keys, the newest of 2024-01-01: what is signed with newer ones is not taken`,
      hint: `gh attestation trusted-root > ${file}`,
    })
  })

  test('that there is no file is a failure', () => {
    expect(() => describeTrustRoots(join(dir, 'nothing'), now)).toThrow(/cannot be read/)
  })
})
