import { describe, expect, test } from 'vitest'
import type {
  Attempts,
  StandingCertificate,
  WantedCertificate,
} from '../../../../receiver/core/certificates/certificate.ts'
import { describeWanted, nextStep } from '../../../../receiver/core/certificates/next-step.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const NOW = Date.UTC(2026, 5, 1)
const clock = { since: (at: string) => NOW - Date.parse(at) }
const inDays = (days: number) => new Date(NOW + days * DAY_MS).toISOString()

const CA = { server: 'https://ca.example/dir', isTrial: false }
const WANTED: WantedCertificate = { site: 'api', names: ['a.test', 'b.test'], ca: CA }
const STANDING: StandingCertificate = {
  names: ['b.test', 'a.test'],
  notBefore: inDays(-10),
  notAfter: inDays(80),
  fingerprint: 'f',
  server: CA.server,
  covers: () => true,
}

const next = (
  wanted: Partial<WantedCertificate>,
  standing?: Partial<StandingCertificate>,
  attempts?: Partial<Attempts>,
) =>
  nextStep(
    { ...WANTED, ...wanted },
    standing === undefined ? undefined : { ...STANDING, ...standing },
    {
      attempts:
        attempts === undefined
          ? undefined
          : {
              wanted: describeWanted({ ...WANTED, ...wanted }),
              count: 1,
              lastAt: inDays(0),
              ...attempts,
            },
      clock,
    },
  )

describe('a certificate is asked for', () => {
  test.for<[string, Partial<WantedCertificate>, Partial<StandingCertificate> | undefined, object]>([
    ['the first time', {}, undefined, { do: 'obtain', reason: 'none' }],
    ['for a name more', { names: ['a.test', 'b.test', 'c.test'] }, {}, { reason: 'names' }],
    ['for a name less, which could not be renewed', { names: ['a.test'] }, {}, { reason: 'names' }],
    [
      'of another CA',
      { ca: { ...CA, server: 'https://other.example/dir' } },
      {},
      { reason: 'server' },
    ],
    [
      'with a quarter left',
      {},
      { notBefore: inDays(-68), notAfter: inDays(22) },
      { reason: 'renewal' },
    ],
    [
      'when it is over',
      {},
      { notBefore: inDays(-90), notAfter: inDays(-1) },
      { reason: 'renewal' },
    ],
    [
      'of a lifetime of six days',
      {},
      { notBefore: inDays(-5), notAfter: inDays(1) },
      { reason: 'renewal' },
    ],
    [
      'for real, after it was tried out',
      {},
      { server: 'https://staging.example/dir' },
      { reason: 'server' },
    ],
    [
      'to try things out, when the one that is there is over',
      { ca: { server: 'https://staging.example/dir', isTrial: true } },
      { notAfter: inDays(-1) },
      { reason: 'server' },
    ],
  ])('%s', ([, wanted, standing, expected]) => {
    expect(next(wanted, standing)).toMatchObject({ do: 'obtain', ...expected })
  })
})

describe('nothing is done', () => {
  test.for<[string, Partial<WantedCertificate>, Partial<StandingCertificate> | undefined]>([
    ['while it is good, in whatever order its names are', {}, {}],
    [
      "when Certbot's timer would renew it, at a third",
      {},
      { notBefore: inDays(-61), notAfter: inDays(29) },
    ],
    ['of which nobody knows who gave it', {}, { server: undefined as never }],
    [
      'to replace what visitors believe by something to try out',
      { ca: { server: 'https://staging.example/dir', isTrial: true } },
      {},
    ],
    ['for files that somebody else looks after', { ca: undefined as never }, undefined],
    ['for a site without a name', { names: [] }, undefined],
  ])('%s', ([, wanted, standing]) => {
    expect(next(wanted, standing)).toEqual({ do: 'nothing' })
  })
})

describe('after an attempt in vain', () => {
  const MINUTE_MS = 60_000
  test.for([
    [1, 1],
    [2, 5],
    [3, 15],
    [4, 60],
    [5, 180],
    [6, 720],
    [7, 1440],
    [100, 1440],
  ] as const)('the %s. is followed by %s minutes', ([count, minutes]) => {
    const ago = (ms: number) => new Date(NOW - ms).toISOString()
    const pause = minutes * MINUTE_MS
    const attempts = { count, lastAt: ago(pause - 1000) }
    expect(next({}, undefined, attempts)).toEqual({ do: 'wait', reason: 'none', ms: 1000 })
    expect(next({}, undefined, { count, lastAt: ago(pause) })).toMatchObject({ do: 'obtain' })
  })

  test('a CA that asks for more is left alone for so long', () => {
    const attempts = { count: 1, retryAfterMs: 2 * DAY_MS }
    expect(next({}, undefined, attempts)).toEqual({ do: 'wait', reason: 'none', ms: 2 * DAY_MS })
    expect(next({}, undefined, { count: 7, retryAfterMs: 1000 })).toMatchObject({ ms: DAY_MS })
  })

  test('other names are asked for at once', () => {
    const before = { wanted: describeWanted(WANTED), count: 7, retryAfterMs: DAY_MS }
    expect(next({ names: ['c.test'] }, undefined, before)).toMatchObject({ do: 'obtain' })
  })
})
