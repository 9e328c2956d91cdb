import { CertificateError } from '../../core/certificates/error.ts'
import type { LimitOf } from '../../core/certificates/orders.ts'
import { shorten } from '../../core/shorten.ts'

/** What a CA has against it (RFC 8555, section 6.7). */
interface Problem {
  /** Without `urn:ietf:params:acme:error:`. */
  type: string
  detail: string
  /** The name that it is about. */
  domain?: string
}

interface Context {
  /** URL of the ACME directory. */
  server: string
  /** Where the whole story is. */
  log: string
  /** Where Certbot keeps its accounts. */
  directory: string
}

const MAX_DETAIL = 400
const HOUR_MS = 60 * 60 * 1000

/**
 * Why Certbot got no certificate, in plain English and with a remedy, out of what it printed and its debug log: on Debian 12 it stumbles
 * over errors of the CA, and does not print them.
 */
export function certbotFailure(
  { said, logged }: { said: string; logged: string },
  context: Context,
  now: number,
): CertificateError {
  const challenges = challengesIn(said)
  if (challenges.length > 0) {
    const explained = challenges.map((problem) => explain(problem, context))
    const hints = [...new Set(explained.map(({ hint }) => hint))]
    const message = explained.map((each) => each.message).join('; ')
    return new CertificateError(message, {
      hint: hints.join('\n'),
      verdict: { kind: 'unproven' },
    })
  }
  const answer = lastAnswerIn(logged)
  const problem = answer === undefined ? undefined : problemIn(answer.body)
  if (answer !== undefined && problem !== undefined) {
    const retryAfterMs = retryAfter(problem, answer.headers, now)
    const [message, rest] = withWait(explain(problem, context), retryAfterMs)
    if (problem.type !== 'rateLimited') return new CertificateError(message, rest)
    const verdict = { kind: 'limited', of: limitIn(problem.detail) } as const
    return new CertificateError(message, { ...rest, verdict })
  }
  if (/external account binding/i.test(said)) {
    return new CertificateError(
      ...withWait(explain({ type: 'externalAccountRequired', detail: '' }, context)),
    )
  }
  return new CertificateError(...withWait(withoutAnswer(said, answer?.status, context)))
}

const withWait = (
  { message, hint }: { message: string; hint: string },
  retryAfterMs?: number,
): ConstructorParameters<typeof CertificateError> => [
  message,
  { hint, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
]

/** `Domain: … Type: … Detail: …`, of each name that the CA could not see to be ours. */
const challengesIn = (said: string): Problem[] =>
  said
    .matchAll(/^ {1,4}Domain: (.{1,300})\n {1,4}Type: {1,8}(.{1,100})\n {1,4}Detail: (.{0,2000})/gm)
    .map(([, domain = '', type = '', detail = '']) => ({
      domain: domain.trim(),
      type: type.trim().replace(URN, ''),
      detail: detail.trim(),
    }))
    .toArray()

const URN = /^urn:ietf:params:acme:error:/

const ANSWER = 'Received response:\nHTTP '

/** The CA's last answer in the log, if that was an error: its status, headers and body. */
function lastAnswerIn(
  logged: string,
): { status: number; headers: string; body: string } | undefined {
  const at = logged.lastIndexOf(ANSWER)
  if (at === -1) return undefined
  const text = logged.slice(at + ANSWER.length)
  const status = Number(text.slice(0, 3))
  if (!(status >= 400)) return undefined
  const blank = text.indexOf('\n\n')
  if (blank === -1) return { status, headers: text, body: '' }
  // until the next line of the log
  const [body = ''] = text.slice(blank + 2).split(/\n\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/, 1)
  return { status, headers: text.slice(0, blank), body }
}

function problemIn(body: string): Problem | undefined {
  try {
    const { type, detail, subproblems } = JSON.parse(body) as Record<string, unknown>
    if (typeof type !== 'string' || !URN.test(type)) return undefined
    const [first] = Array.isArray(subproblems) ? (subproblems as Record<string, unknown>[]) : []
    const said = typeof detail === 'string' ? detail : ''
    const more = typeof first?.['detail'] === 'string' ? ` (${first['detail']})` : ''
    return { type: type.replace(URN, ''), detail: `${said}${more}` }
  } catch {
    return undefined
  }
}

/** By Let's Encrypt's words. A CA that has others is believed to mean the domain. */
function limitIn(detail: string): LimitOf {
  if (/exact set|failed (?:authorizations|validations)/i.test(detail)) return 'names'
  return /new (?:orders|registrations|accounts)|this account|your IP|this IP/i.test(detail)
    ? 'account'
    : 'domain'
}

/** Seconds in a header; Let's Encrypt also says a time in its words. One that gives no time is left alone for an hour. */
function retryAfter({ type, detail }: Problem, headers: string, now: number): number | undefined {
  const [, seconds] = /^retry-after: {0,4}(\d{1,8})\s*$/im.exec(headers) ?? []
  const [, day, time] = /retry after (\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)/i.exec(detail) ?? []
  const until = day === undefined ? 0 : Date.parse(`${day}T${time}Z`) - now
  const ms = Math.max(Number(seconds ?? 0) * 1000, until)
  if (ms > 0) return ms
  return type === 'rateLimited' ? HOUR_MS : undefined
}

function explain(
  { type, detail, domain }: Problem,
  context: Context,
): { message: string; hint: string } {
  const what = domain ?? 'this'
  const words = detail === '' ? '' : `: ${clean(detail)}`
  const isAccount = type === 'accountDoesNotExist' || (domain === undefined && isOfAccount(detail))
  if (isAccount) {
    return {
      message: `the CA does not take Certbot's account any more${words}`,
      hint: `\`certbot unregister --server ${context.server}\` takes it away (or remove its folder below ${context.directory}/accounts); the next attempt makes another one`,
    }
  }
  if (/TXT record/i.test(detail)) {
    return {
      message: `the CA did not find the proof in the DNS of ${what}${words}`,
      hint: `the plugin of Certbot puts it at _acme-challenge.${what}: may its credentials write in that zone, and do the name servers of the domain serve it?`,
    }
  }
  switch (type) {
    case 'dns':
      return {
        message: `the CA found no address of ${what}${words}`,
        hint: `give ${what} an A record that leads to this machine, and an AAAA record only if that does, too: dig +short ${what} A; dig +short ${what} AAAA`,
      }
    case 'connection':
    case 'tls':
      return {
        message: `the CA could not read at ${what}${words}`,
        hint: `port 80 of this machine has to be open to everybody (ufw allow 80/tcp), and every A and AAAA record of ${what} has to lead to it: CAs prefer AAAA`,
      }
    case 'unauthorized':
    case 'incorrectResponse':
      return {
        message: `the CA read something else at ${what}${words}`,
        hint: `another server answers for ${what}: look at its A and AAAA records, and at proxies and other sites of Nginx before this one`,
      }
    case 'caa':
      return {
        message: `a CAA record forbids this CA to vouch for ${what}${words}`,
        hint: `add the CA to the CAA records of the domain (for Let's Encrypt: 0 issue "letsencrypt.org"), or take them out; dig CAA shows them`,
      }
    case 'rateLimited':
      return {
        message: `the CA gives no more for now${words}`,
        hint: 'nothing has to be done: it is asked again when it says so. To try things out, tls: { staging: true } has limits of its own',
      }
    case 'externalAccountRequired':
      return {
        message: `this CA takes only accounts that are bound to one of its customers${words}`,
        hint: 'write what it gives you for that under tls: { eab: { kid: …, hmac_key: "${EAB_KEY}" } }',
      }
    case 'rejectedIdentifier':
    case 'unsupportedIdentifier':
      return {
        message: `the CA gives no certificate for such a name${words}`,
        hint: 'take the name out of domains, or write tls: false for the app',
      }
    case 'serverInternal':
      return { message: `the CA has trouble${words}`, hint: AGAIN }
    default:
      return {
        message: `the CA refuses it (${clean(type)})${words}`,
        hint: `${context.log} has all of it`,
      }
  }
}

/** In one line, since a CA says of other things, too, that they are not found. */
const isOfAccount = (said: string): boolean =>
  said.split('\n').some((line) => /\baccount\b/i.test(line) && LOST.test(line))
const LOST = /not valid|deactivated|revoked|not exist|not found|unable to find/i
const AGAIN =
  'it is asked again by itself; most CAs have a page that says how they are (letsencrypt.status.io)'

function withoutAnswer(
  said: string,
  status: number | undefined,
  { server, log }: Context,
): { message: string; hint: string } {
  const reason = clean(reasonIn(said))
  if (status !== undefined && status >= 500)
    return { message: `the CA answers ${status}`, hint: AGAIN }
  if (/another instance of certbot/i.test(said)) {
    return { message: 'another Certbot is at work', hint: 'it is tried again by itself' }
  }
  if (/<Response \[5\d\d\]>/.test(said))
    return { message: `the CA is down: ${reason}`, hint: AGAIN }
  if (/Requesting \S+: |Max retries exceeded|timed out|Temporary failure|SSLError/i.test(said)) {
    return {
      message: `the CA cannot be reached: ${reason}`,
      hint: `this machine has to reach ${server} (curl -I shows whether it does); it is asked again by itself`,
    }
  }
  const [, plugin] = /requested (dns-[a-z0-9-]{1,60}) plugin does not appear/i.exec(said) ?? []
  if (plugin !== undefined) {
    return {
      message: `Certbot has no plugin ${plugin}`,
      hint: `apt install python3-certbot-${plugin}; how others come to Certbot, their documentation says`,
    }
  }
  if (/choose an account/i.test(said)) {
    return {
      message: 'Certbot has several accounts with this CA, and cannot choose one',
      hint: '`certbot show_account` shows them; `certbot unregister` takes one away',
    }
  }
  return { message: `Certbot failed: ${reason}`, hint: `${log} has all of it` }
}

/** The last line that says something: behind it Certbot says where to get help. */
function reasonIn(said: string): string {
  const lines = said
    .split('\n')
    .map((line) => line.trim())
    .filter(
      (line) =>
        line !== '' && !/^(?:Ask for help|Saving debug log|Some challenges have)/.test(line),
    )
  return lines.at(-1) ?? 'it printed nothing'
}

/** On one line, without what a terminal would act on, and not too long. */
const clean = (text: string): string =>
  shorten(
    text
      .replace(/\s+/g, ' ')
      .replace(/[\p{Cc}\p{Cf}]/gu, '\uFFFD')
      .trim(),
    MAX_DETAIL,
  )
