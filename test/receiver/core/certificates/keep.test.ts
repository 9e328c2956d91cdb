import { describe, expect, test } from 'vitest'
import type {
  Attempts,
  StandingCertificate,
  WantedCertificate,
} from '../../../../receiver/core/certificates/certificate.ts'
import { describeCertificate, whyPlain } from '../../../../receiver/core/certificates/describe.ts'
import { CertificateError } from '../../../../receiver/core/certificates/error.ts'
import {
  type CertificatePorts,
  keepCertificates,
} from '../../../../receiver/core/certificates/keep.ts'
import { createFakeClock } from '../../../support/fakes/clock.ts'

const CA = { server: 'https://ca.example/dir', isTrial: false }
const DAY_MS = 24 * 60 * 60 * 1000
const START = Date.UTC(2026, 0, 1)

function world({ sites = ['api'], days = 1 } = {}) {
  const clock = createFakeClock()
  const stop = new AbortController()
  const attempts = new Map<string, Attempts>()
  const disk = new Map<string, StandingCertificate>()
  /** What Nginx has, by name. */
  const served = new Map<string, string>()
  const said: string[] = []
  const asked: { site: string; reason: string; day: number }[] = []
  const it = {
    clock,
    attempts,
    disk,
    served,
    said,
    asked,
    wanted: sites.map((site): WantedCertificate => ({ site, names: [`${site}.test`], ca: CA })),
    issue(site: string, { from = 0, lifetimeDays = 90, names = [`${site}.test`] } = {}) {
      const at = START + clock.ms() + from * DAY_MS
      disk.set(site, {
        names,
        notBefore: new Date(at).toISOString(),
        notAfter: new Date(at + lifetimeDays * DAY_MS).toISOString(),
        fingerprint: `${site} of day ${Math.round((at - START) / DAY_MS)}`,
        covers: (name) => names.includes(name),
      })
    },
    obtain: (site: string): void => it.issue(site),
    reloads: 0,
    /** Whether Nginx takes what is on disk when it is told to. */
    takes: true,
  }
  const ports: CertificatePorts = {
    wanted: () => it.wanted,
    read: (site) => disk.get(site),
    leaf: async (name) => served.get(name),
    async show(site) {
      it.reloads += 1
      const pair = disk.get(site)
      if (it.takes && pair !== undefined)
        for (const name of pair.names) served.set(name, pair.fingerprint)
    },
    quiet: async () => {},
    async obtain({ site }, reason) {
      asked.push({ site, reason, day: Math.floor(clock.ms() / DAY_MS) })
      it.obtain(site)
    },
    attempts: {
      get: (site) => attempts.get(site),
      set: (site, each) => void attempts.set(site, each),
      clear: (site) => void attempts.delete(site),
    },
    clock,
    log: (_level, message) => void said.push(message),
  }
  const run = async (during: (now: number) => void = () => {}) => {
    clock.during = (now) => {
      during(now)
      if (now >= days * DAY_MS) stop.abort(new Error('enough'))
    }
    await keepCertificates(ports, stop.signal).ended
    return it
  }
  return { ...it, it, ports, run }
}

describe('what a limit keeps', () => {
  test('is not asked for until it is over, and says so once', async () => {
    const { ports, run, it } = world({ days: 3 })
    ports.held = () =>
      it.clock.ms() < 2 * DAY_MS
        ? { message: 'enough of them', ms: 2 * DAY_MS - it.clock.ms() }
        : undefined
    await run()
    expect(it.asked).toEqual([{ site: 'api', reason: 'none', day: 2 }])
    expect(it.said.filter((each) => each.includes('enough of them'))).toEqual([
      'no certificate for api yet: enough of them',
    ])
  })

  test('is described with when it is tried again', async () => {
    const { ports } = world()
    const [wanted] = ports.wanted()
    if (wanted === undefined) throw new Error('there is none')
    const held = () => ({ message: 'enough of them', ms: 26 * 60 * 60 * 1000 })
    const found = await describeCertificate(wanted, { ...ports, held, lent: () => undefined })
    expect(found).toMatchObject({
      ok: false,
      message: 'none yet: enough of them; it is tried again in 26 h',
    })
    expect(whyPlain(wanted, 'api.test', { ...ports, held })).toBe(
      'enough of them; it is tried again in 26 h',
    )
  })
})

test('why visitors come without TLS is said until the certificate is there', () => {
  const { ports, it } = world()
  const [wanted] = ports.wanted()
  if (wanted === undefined) throw new Error('there is none')
  expect(whyPlain(wanted, 'api.test', ports)).toMatch(/^its certificate comes when it is live/)
  it.issue('api')
  expect(whyPlain(wanted, 'api.test', ports)).toBeUndefined()
  expect(whyPlain(wanted, 'other.test', ports)).toMatch(/^its certificate comes/)
})

test.for([
  ["Certbot failed: cannot read '/etc/deploy-receiver/cloudflare.ini'", false],
  ['the key /srv/keys/p.key cannot be read', false],
  ['https://ca.example/dir answered 503; tried again in 2 h', true],
  ['two of 10/12 names are proven', true],
] as const)('of %s strangers read it as it is: %s', ([message, isShown]) => {
  const { ports } = world()
  const [wanted] = ports.wanted()
  if (wanted === undefined) throw new Error('there is none')
  const read = () => {
    throw new CertificateError(message, { hint: '' })
  }
  expect(whyPlain(wanted, 'api.test', { ...ports, read }) === message).toBe(isShown)
})

test('whose site went while the CA was asked is shown nowhere', async () => {
  const { it, run } = world()
  it.obtain = (site) => {
    it.issue(site)
    it.wanted = []
  }
  await run()
  expect(it.reloads).toBe(0)
})

test('one that others show is seen where they do, and one reload shows it to all', async () => {
  const { it, ports, run } = world()
  it.wanted = [
    { site: 'previews.p.test', names: ['*.p.test'], shownAt: ['a.p.test', 'b.p.test'], ca: CA },
  ]
  it.obtain = (site) => it.issue(site, { names: ['*.p.test', 'a.p.test', 'b.p.test'] })
  ports.show = async (site) => {
    it.reloads += 1
    for (const name of ['a.p.test', 'b.p.test']) {
      it.served.set(name, it.disk.get(site)?.fingerprint ?? '')
    }
  }
  await run((now) => {
    // what is issued so is for one name more than was asked for
    if (now > 0)
      it.wanted = it.wanted.map((each) => ({
        ...each,
        names: it.disk.get(each.site)?.names ?? each.names,
      }))
  })
  expect(it.reloads).toBe(1)
})

const refused = (message = 'no', retryAfterMs?: number) =>
  new CertificateError(message, {
    hint: 'do this',
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })

test('each site has its certificate asked for once, and Nginx take it', async () => {
  const { asked, served, reloads } = await world({ sites: ['api', 'web'] }).run()
  expect(asked).toEqual([
    { site: 'api', reason: 'none', day: 0 },
    { site: 'web', reason: 'none', day: 0 },
  ])
  expect(served).toEqual(
    new Map([
      ['api.test', 'api of day 0'],
      ['web.test', 'web of day 0'],
    ]),
  )
  expect(reloads).toBe(2)
})

test('where no timer renews it, it is renewed with a quarter left', async () => {
  const { asked } = await world({ days: 70 }).run()
  expect(asked.map(({ reason, day }) => [reason, day])).toEqual([
    ['none', 0],
    ['renewal', 67],
  ])
}, 120_000)

test('one that somebody else renewed is taken, once, and what Nginx has already takes no reload', async () => {
  const { it, run, issue } = world()
  issue('api')
  it.served.set('api.test', 'api of day 0')
  let isRenewed = false
  await run((now) => {
    if (isRenewed || now < DAY_MS / 2) return
    isRenewed = true
    it.issue('api', { from: 1, lifetimeDays: 89 })
  })
  expect(it.reloads).toBe(1)
  expect(it.asked).toEqual([])
  expect(it.served.get('api.test')).toBe('api of day 2')
})

test('what a CA refuses is asked for ever more seldom, also over restarts, and is no reason to leave others out', async () => {
  const one = world({ sites: ['bad', 'good'], days: 3 })
  one.it.obtain = (site) => {
    if (site === 'bad') throw refused()
    one.it.issue(site)
  }
  await one.run()
  const bad = one.asked.filter(({ site }) => site === 'bad')
  // at 0, 1, 6, 21, 81, 261 and 981 minutes, then each day
  expect(bad).toHaveLength(9)
  expect(one.served.get('good.test')).toBe('good of day 0')
  const next = world({ sites: ['bad'] })
  next.attempts.set('bad', { ...(one.attempts.get('bad') as Attempts), lastAt: next.clock.now() })
  await next.run()
  expect(next.asked).toEqual([])
})

test('a CA that asks to be left alone is', async () => {
  const { it, run } = world({ days: 2 })
  it.obtain = () => {
    throw refused('enough', 1.5 * DAY_MS)
  }
  await run()
  expect(it.asked).toHaveLength(2)
})

test('an attempt that ended the receiver counts, one that an orderly stop cut short does not', async () => {
  const { it, run, ports } = world()
  it.obtain = () => {
    expect(it.attempts.get('api')).toMatchObject({ count: 1 })
    throw refused()
  }
  await run()
  const stop = new AbortController()
  const other = world()
  ports.attempts = {
    get: () => undefined,
    set: (site, each) => void other.attempts.set(site, each),
    clear: (site) => void other.attempts.delete(site),
  }
  ports.obtain = async () => {
    stop.abort(new Error('the receiver stops'))
    throw new Error('aborted')
  }
  await keepCertificates(ports, stop.signal).ended
  expect(other.attempts.size).toBe(0)
})

test('a CA that gave one which lies elsewhere is not asked again at once', async () => {
  const { it, run } = world({ days: 1 })
  it.obtain = () => {}
  await run()
  expect(it.asked.length).toBeLessThan(10)
  expect(it.attempts.get('api')?.message).toContain('does not lie where it has to')
})

describe('nothing is taken', () => {
  test('of which the time is over: it is said, once', async () => {
    const { it, run, issue } = world()
    it.wanted = [{ site: 'api', names: ['api.test'] }]
    issue('api', { from: -90, lifetimeDays: 60 })
    await run()
    expect(it.reloads).toBe(0)
    expect(it.said).toEqual([expect.stringMatching(/^the certificate of api is over since/)])
  })

  test('that is for no name of the site', async () => {
    const { it, run, issue } = world()
    it.wanted = [{ site: 'api', names: ['api.test'] }]
    issue('api', { names: ['other.test'] })
    await run()
    expect(it.reloads).toBe(0)
    expect(it.said).toEqual(['the certificate of api is not for api.test'])
  })

  test('over and over, when Nginx goes on with another one', async () => {
    const { it, run } = world()
    it.takes = false
    it.served.set('api.test', 'of somebody else')
    await run()
    expect(it.reloads).toBe(1)
    expect(it.said).toContain('Nginx has another certificate for api.test than the one of api')
  })
})

test('for people it is how long each is good for, and why there is none', async () => {
  const { it, ports, issue, wanted } = world()
  const [api] = wanted as [WantedCertificate]
  const found = () => describeCertificate(api, { ...ports, lent: () => undefined })
  expect(await found()).toMatchObject({ ok: true, message: 'none yet: the CA is being asked' })
  const tries = { wanted: 'https://ca.example/dir api.test', count: 4, lastAt: it.clock.now() }
  it.attempts.set('api', { ...tries, message: 'no', hint: 'do this' })
  expect(await found()).toEqual({
    id: 'certificate:api',
    what: 'certificate of api',
    ok: false,
    message: 'none yet: no; it is tried again in 60 min',
    hint: 'do this',
  })
  issue('api')
  expect(await found()).toEqual({
    id: 'certificate:api',
    what: 'certificate of api',
    ok: true,
    message: 'good for 90 more days, until 2026-04-01T00:00:00.000Z',
  })
  it.served.set('api.test', 'another')
  expect(await found()).toMatchObject({
    ok: false,
    message: expect.stringContaining('; Nginx has another one'),
  })
  issue('api', { from: -85 })
  it.served.clear()
  expect(await found()).toMatchObject({
    ok: false,
    message: expect.stringMatching(/^good for 5 more days, .*; no; it is tried again in 60 min$/),
  })
  issue('api', { from: -91 })
  expect(await found()).toMatchObject({ ok: false, message: expect.stringContaining('over since') })
})

test('one that has none of its own says by which other one visitors come meanwhile', async () => {
  const { it, ports, issue, wanted, disk } = world({ sites: ['api', 'web'] })
  const [api] = wanted as [WantedCertificate]
  issue('web', { from: -60, names: ['api.test'] })
  const found = () =>
    describeCertificate(api, {
      ...ports,
      lent: () => ({ ...(disk.get('web') as StandingCertificate), from: 'deploy-receiver.web' }),
    })
  expect(await found()).toEqual({
    id: 'certificate:api',
    what: 'certificate of api',
    ok: true,
    message:
      'none of its own yet: the CA is being asked; until then visitors get deploy-receiver.web, good for 30 more days, until 2026-01-31T00:00:00.000Z',
  })
  const tries = { wanted: 'https://ca.example/dir api.test', count: 4, lastAt: it.clock.now() }
  it.attempts.set('api', { ...tries, message: 'no', hint: 'do this' })
  expect(await found()).toMatchObject({ ok: true, hint: 'do this' })
  it.served.set('api.test', 'another')
  expect(await found()).toMatchObject({
    ok: false,
    message: expect.stringMatching(/; Nginx has another one$/),
  })
  it.served.clear()
  issue('web', { from: -88, names: ['api.test'] })
  expect(await found()).toMatchObject({ ok: false, hint: 'do this' })
})
