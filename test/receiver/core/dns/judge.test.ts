import { expect, test } from 'vitest'
import { judgeRecords, type Named } from '../../../../receiver/core/dns/judge.ts'
import { askFor, isPublicName, type NameRecords } from '../../../../receiver/core/dns/records.ts'

const V4 = '88.99.1.2'
const V6 = '2a01:4f8::1'
const PUBLIC = [V4, '10.0.0.4', V6]
const BEHIND_NAT = ['10.0.0.4']
const LETS_ENCRYPT = { ca: { caaName: 'letsencrypt.org' } }
const OTHER_CA = { ca: { caaName: undefined } }
const caa = (...issue: string[]) => ({
  at: 'example.eu',
  records: issue.map((each) => ({ issue: each })),
})

interface Case extends Partial<NameRecords>, Partial<Pick<Named, 'ca' | 'isBehindProxy'>> {
  own?: readonly string[]
  /** Is not as it has to be. */
  fails?: true
  says: string
  /** Absent: none. */
  advises?: string
}

const CASES: Readonly<Record<string, Case>> = {
  'both lead here': { a: [V4], aaaa: [V6], says: `A ${V4} leads here, AAAA ${V6} leads here` },
  'AAAA is written another way': {
    a: [V4],
    aaaa: ['2a01:04f8:0:0::0001'],
    says: 'AAAA 2a01:04f8:0:0::0001 leads here',
  },
  'A leads to a private address of this machine': { a: ['10.0.0.4'], says: 'leads here' },
  'A leads elsewhere': {
    a: ['88.99.7.7'],
    says: 'A 88.99.7.7 leads elsewhere',
    advises: `let A lead to this machine (${V4}); if a proxy there`,
  },
  'one A of two leads elsewhere': {
    a: [V4, '88.99.7.7'],
    says: `A ${V4} leads here, A 88.99.7.7 leads elsewhere`,
    advises: `let A lead to this machine (${V4})`,
  },
  'the machine is behind NAT': {
    a: [V4],
    own: BEHIND_NAT,
    says: `A ${V4} leads elsewhere; this machine sees no public address of its own (10.0.0.4)`,
  },
  'the machine is behind NAT, and has public IPv6': {
    a: [V4],
    aaaa: [V6],
    own: ['10.0.0.4', V6],
    says: `A ${V4} leads elsewhere, AAAA ${V6} leads here; this machine sees no public`,
  },
  'the machine is behind NAT, and AAAA leads elsewhere': {
    a: [V4],
    aaaa: ['2a01:4f8::9'],
    own: ['10.0.0.4', V6],
    says: 'AAAA 2a01:4f8::9 leads elsewhere',
    advises: `let AAAA lead to this machine (${V6}), or take it out`,
  },
  'A is right, and AAAA leads to another machine': {
    a: [V4],
    aaaa: ['2a01:4f8::9'],
    says: `A ${V4} leads here, AAAA 2a01:4f8::9 leads elsewhere`,
    advises: `let AAAA lead to this machine (${V6}), or take it out: CAs`,
  },
  'A is right, and there is no IPv6 here': {
    a: [V4],
    aaaa: ['2a01:4f8::9'],
    own: [V4],
    says: 'AAAA 2a01:4f8::9 leads elsewhere',
    advises: 'take the AAAA record out',
  },
  'the config says that a proxy is in front': {
    a: ['104.16.0.1'],
    aaaa: ['2606:4700::1'],
    isBehindProxy: true,
    says: 'leads elsewhere: as behind a proxy',
  },
  'the hosts file has it': { a: ['127.0.1.1'], says: 'by the hosts file of this machine' },
  'there is no record, and no certificate is wanted': {
    says: 'neither an A nor an AAAA record',
    advises: `add an A record with the public address of this machine (${V4})`,
  },
  'there is no record, and a certificate is wanted': {
    ...LETS_ENCRYPT,
    own: BEHIND_NAT,
    fails: true,
    says: 'neither an A nor an AAAA record',
    advises: 'add an A record with the public address of this machine',
  },
  'its name servers fail': {
    ...LETS_ENCRYPT,
    a: 'failed',
    aaaa: 'failed',
    says: 'its name servers fail when they are asked for A',
    advises: '`dig api.example.eu A`',
  },
  'they do not answer for AAAA': {
    a: [V4],
    aaaa: 'silent',
    says: 'do not answer when they are asked for AAAA',
    advises: '`dig api.example.eu AAAA`',
  },
  'CAA lets another CA alone': {
    ...LETS_ENCRYPT,
    a: [V4],
    caa: caa('digicert.com', 'sectigo.com; x=y'),
    fails: true,
    says: 'a CAA record of example.eu forbids letsencrypt.org to give certificates by HTTP: it names "digicert.com", "sectigo.com; x=y"',
    advises: 'add the CAA record 0 issue "letsencrypt.org" at example.eu',
  },
  'CAA lets nobody': {
    ...LETS_ENCRYPT,
    a: [V4],
    caa: caa(';'),
    fails: true,
    says: '";"',
    advises: '',
  },
  'CAA lets it by DNS alone': {
    ...LETS_ENCRYPT,
    a: [V4],
    caa: caa('letsencrypt.org; validationmethods=dns-01'),
    fails: true,
    says: 'forbids letsencrypt.org',
    advises: '',
  },
  'CAA lets it by HTTP': {
    ...LETS_ENCRYPT,
    a: [V4],
    caa: caa('pki.goog', 'LetsEncrypt.org ; validationmethods=dns-01,http-01'),
    says: 'leads here',
  },
  'CAA is about wildcards or mail alone': {
    ...LETS_ENCRYPT,
    a: [V4],
    caa: { at: 'example.eu', records: [{}] },
    says: 'leads here',
  },
  'CAA is for another CA, whose name there is not known': {
    ...OTHER_CA,
    a: [V4],
    caa: caa('zerossl.com'),
    says: 'leads here; CAA of example.eu names "zerossl.com"',
  },
  'what others wrote is long': {
    ...LETS_ENCRYPT,
    a: Array.from({ length: 900 }, (_, at) => `88.99.3.${at % 250}`),
    says: 'A 88.99.3.0 88.99.3.1 88.99.3.2 88.99.3.3 … leads elsewhere',
    advises: 'let A lead',
  },
}

test.for(Object.entries(CASES))('of a domain it is said when %s', ([, each]) => {
  const { a = [], aaaa = [], own = PUBLIC, fails, says, advises, ca, isBehindProxy = false } = each
  const named = { domain: 'api.example.eu', isBehindProxy, ...(ca === undefined ? {} : { ca }) }
  const found = judgeRecords(named, { a, aaaa, caa: each.caa }, own)
  expect(found).toMatchObject({ what: 'dns of api.example.eu', ok: fails !== true })
  expect(found.message).toContain(says)
  if (advises === undefined) expect(found).not.toHaveProperty('hint')
  else expect(found.hint).toContain(advises)
})

test('a wildcard is asked for by a label, and CAA by the closest name that has any', async () => {
  const asked: string[] = []
  const at = async (name: string) => (asked.push(name), [V4])
  const zone: Record<string, { issue: string }[] | 'failed'> = {
    'b.example.eu': [{ issue: 'pki.goog' }],
    'example.eu': [{ issue: 'digicert.com' }],
    'broken.eu': 'failed',
    eu: [{ issue: 'nobody.eu' }],
  }
  const servers = { a: at, aaaa: at, caa: async (name: string) => zone[name] ?? [] }
  await askFor('*.a.example.eu', false, servers)
  expect(new Set(asked)).toEqual(new Set(['deploy-receiver-asks.a.example.eu']))
  const caaOf = async (name: string) => (await askFor(name, true, servers)).caa?.at
  expect(await caaOf('a.b.example.eu')).toBe('b.example.eu')
  expect(await caaOf('c.example.eu')).toBe('example.eu')
  expect(await caaOf('broken.eu')).toBeUndefined()
  expect(await caaOf('example.com')).toBeUndefined()
})

test('names that nobody has, and addresses, are not asked for', () => {
  const names = ['api.internal', 'localhost', 'a.test', 'nas.local', '192.0.2.1', '[2001:db8::1]']
  expect([...names, 'deploy.example.com', 'intranet'].filter(isPublicName)).toEqual([])
  expect(['example.eu', '*.example.eu', 'latest.dev'].every(isPublicName)).toBe(true)
})
