import { type Finding, of } from '../finding.ts'
import { parseAddress } from '../ip-address.ts'
import { kindOf } from '../reach.ts'
import { shorten } from '../shorten.ts'
import type { Answer, Caa, NameRecords } from './records.ts'

/** What is known of a domain without its records. */
export interface Named {
  domain: string
  /** The CA that is asked for its certificate, by its name in CAA records if that is known. Absent: none is asked. */
  ca?: { caaName: string | undefined }
  /** Whether others pass visitors on to this machine, as the config has it: its name leads to them. */
  isBehindProxy: boolean
}

/**
 * Compares a domain's records with this machine, and with the CA that is to give a certificate.
 * @param own addresses of the machine's interfaces: behind NAT the public one is not among them
 */
export function judgeRecords(named: Named, records: NameRecords, own: readonly string[]): Finding {
  const { domain, ca } = named
  const { a, aaaa, caa } = records
  const what = of('dns', domain)
  if (a.length === 0 && aaaa.length === 0) {
    const message = 'it has neither an A nor an AAAA record: nobody finds it'
    const hint = `where its DNS is kept, add an A record with the public address of this machine${among(publicOf('A', own))}`
    return { ...what, ok: ca === undefined, message, hint }
  }
  if (typeof a === 'string') return unanswered(domain, 'A', a)
  if (typeof aaaa === 'string') return unanswered(domain, 'AAAA', aaaa)
  const denied = ca?.caaName === undefined ? undefined : denial(caa, ca.caaName)
  if (denied !== undefined) return { ...what, ok: false, ...denied }
  const found = compare(named, [leadOf('A', a, own), leadOf('AAAA', aaaa, own)], own)
  // what an unknown CA is called there is not known
  const isToShow = ca !== undefined && ca.caaName === undefined && caa !== undefined
  const shown = isToShow ? `; CAA of ${caa.at} names ${issuers(caa.records)}` : ''
  return { ...what, ok: true, ...found, message: `${found.message}${shown}` }
}

const unanswered = (domain: string, type: Type, answer: Answer<never>): Finding => ({
  ...of('dns', domain),
  ok: true,
  message: `its name servers ${answer === 'silent' ? 'do not answer' : 'fail'} when they are asked for ${type}`,
  hint: `\`dig ${domain} ${type}\` shows it: a CA gives no certificate as long as that is so`,
})

/** Says whom CAA records let give certificates, when the CA is not among them. */
function denial(caa: NameRecords['caa'], ca: string) {
  const issue = caa?.records.flatMap((record) => record.issue ?? []) ?? []
  // RFC 8659, section 4.2: without one that says who may, all may
  if (caa === undefined || issue.length === 0 || issue.some((each) => allows(each, ca))) return
  return {
    message: `a CAA record of ${caa.at} forbids ${ca} to give certificates by HTTP: it names ${issuers(caa.records)}`,
    hint: `add the CAA record 0 issue "${ca}" at ${caa.at}, or take those out that are there (\`dig ${caa.at} CAA\`)`,
  }
}

function allows(issue: string, ca: string): boolean {
  const [who = '', ...parameters] = issue.split(';').map((part) => part.trim().toLowerCase())
  const METHODS = 'validationmethods='
  // RFC 8657, section 4
  const methods = parameters.find((each) => each.startsWith(METHODS))
  const isByHttp = methods?.slice(METHODS.length).split(',').includes('http-01') ?? true
  return who === ca && isByHttp
}

const issuers = (records: readonly Caa[]) =>
  shorten(
    records.flatMap(({ issue }) => (issue === undefined ? [] : `"${issue}"`)).join(', ') ||
      'nobody',
    MOST,
  )

/** How much is shown of what others wrote. */
const MOST = 200

type Type = 'A' | 'AAAA'

/** Where the records of a type lead. */
interface Lead {
  type: Type
  here: readonly string[]
  elsewhere: readonly string[]
  /** Whether this machine has a public address of that kind: else it may have one that it does not see. */
  isSeen: boolean
}

function leadOf(type: Type, addresses: readonly string[], own: readonly string[]): Lead {
  const ours = new Set(own.map(normal))
  const isHere = (address: string) => ours.has(normal(address))
  return {
    type,
    here: addresses.filter(isHere),
    elsewhere: addresses.filter((each) => !isHere(each)),
    isSeen: publicOf(type, own).length > 0,
  }
}

function compare({ isBehindProxy }: Named, leads: readonly [Lead, Lead], own: readonly string[]) {
  const message = leads.flatMap(describe).join(', ')
  const strangers = leads.filter(({ elsewhere }) => elsewhere.length > 0)
  if (strangers.length === 0) return { message }
  if (isBehindProxy) return { message: `${message}: as behind a proxy` }
  if (strangers.every(({ elsewhere }) => elsewhere.every(isLoopback))) {
    return {
      message: `${message}: by the hosts file of this machine, what others see is not known`,
    }
  }
  const [a, aaaa] = leads
  const isRight = a.here.length > 0 && a.elsewhere.length === 0
  if (aaaa.elsewhere.length > 0 && (isRight || aaaa.isSeen)) {
    const remedy = aaaa.isSeen
      ? `let AAAA lead to this machine${among(publicOf('AAAA', own))}, or take it out`
      : 'take the AAAA record out, since this machine sees no public IPv6 address of its own'
    return { message, hint: `${remedy}: CAs and most visitors try it first` }
  }
  if (a.elsewhere.length > 0 && a.isSeen) {
    const remedy = `let A lead to this machine${among(publicOf('A', own))}`
    return {
      message,
      hint: `${remedy}; if a proxy there passes visitors on, name it in nginx.site.trusted_proxies`,
    }
  }
  const seen = own.length === 0 ? 'none' : own.slice(0, FEW).join(', ')
  return { message: `${message}; this machine sees no public address of its own (${seen})` }
}

const describe = ({ type, here, elsewhere }: Lead): string[] =>
  [
    here.length === 0 ? '' : `${type} ${few(here)} leads here`,
    elsewhere.length === 0 ? '' : `${type} ${few(elsewhere)} leads elsewhere`,
  ].filter((each) => each !== '')

const FEW = 4
const few = (all: readonly string[]) =>
  all.length > FEW ? `${all.slice(0, FEW).join(' ')} …` : all.join(' ')

const among = (addresses: readonly string[]) =>
  addresses.length === 0 ? '' : ` (${few(addresses)})`

const publicOf = (type: Type, addresses: readonly string[]): string[] =>
  addresses.filter((each) => {
    const address = parseAddress(each)
    if (address === undefined || kindOf(address) !== 'public') return false
    return (address.kind() === 'ipv4') === (type === 'A')
  })

const normal = (address: string) => parseAddress(address)?.toString() ?? address

function isLoopback(text: string): boolean {
  const address = parseAddress(text)
  return address !== undefined && kindOf(address) === 'loopback'
}
