import { randomBytes } from 'node:crypto'
import * as v from 'valibot'
import { readBeginning } from '../../../protocol/read-body.ts'
import type { Config } from '../../config/config.ts'
import type { Finding, Found } from '../../core/finding.ts'
import { whyNoAnswer } from '../../core/public-url.ts'
import { shorten } from '../../core/shorten.ts'
import { look } from './look.ts'

const ANSWER_MS = 15_000
const MOST_BYTES = 10_000
const MOST_SHOWN = 100

const Health = v.object({
  status: v.literal('ok'),
  version: v.string(),
  host: v.optional(v.picklist(['own', 'foreign'])),
  proof: v.optional(v.string()),
})

/**
 * Asks at the public URL as a sender would, through DNS, TLS and whatever stands in between, and sees whether it is this receiver that
 * answers.
 * @param prove the answer that it alone has to a question
 */
export const lookAtPublicUrl = (
  config: Pick<Config, 'url' | 'listen' | 'site' | 'tls'>,
  prove: (question: string) => string,
): Promise<Finding> =>
  look({ id: 'public-url', what: 'public URL' }, async (late) => {
    const { url, tls } = config
    const question = randomBytes(16).toString('base64url')
    let answer: Response
    let text: string
    try {
      answer = await fetch(`${url}/healthz?ask=${question}`, {
        redirect: 'manual',
        signal: AbortSignal.any([late, AbortSignal.timeout(ANSWER_MS)]),
      })
      text = await readBeginning(answer.body, MOST_BYTES)
    } catch (error) {
      const { message, hint, isOnlyFromHere, isUntrusted } = whyNoAnswer(url, error)
      if (isOnlyFromHere) return { message: `not seen from here: ${message}`, hint }
      throw failure(message, isUntrusted && tls?.isTrial === true ? TRIAL : hint)
    }
    return judge(answer, text, { config, proof: prove(question) })
  })

/** What senders would meet there. Throws an error with its remedy when it is not this receiver. */
function judge(
  answer: Response,
  text: string,
  {
    config: { url, listen, site },
    proof,
  }: { config: Pick<Config, 'url' | 'listen' | 'site'>; proof: string },
): Found {
  const { status, headers } = answer
  const server = headers.get('server')
  const by = `${status}${server === null ? '' : ` (${shorten(server, MOST_SHOWN)})`}`
  const where = `\`dig +short ${new URL(url).hostname}\` shows where it leads`
  const passOn =
    site === undefined
      ? `have Nginx pass the host of \`url:\` on to ${listen.host}:${listen.port}, Host and path as they are (docs/install.md)`
      : `see the line \`site of the receiver\`; if that is right, another machine answers: ${where}`
  if (status >= 300 && status <= 399) {
    const [to = ''] = shorten(headers.get('location') ?? 'nowhere', MOST_SHOWN).split('?')
    throw failure(
      `${url} answers ${by}, a redirect to ${to}: senders do not follow it`,
      'write as `url:` where it leads, or take the redirect out for /hooks/ and /healthz',
    )
  }
  if (GATEWAY.has(status)) {
    throw failure(
      `${url} answers ${by}: what stands in front does not come to the receiver`,
      passOn,
    )
  }
  if (status === 401 || status === 403) {
    throw failure(
      `${url} answers ${by}: something in front asks for credentials, or lets nobody in`,
      'take it out for /hooks/ and /healthz: a hook proves itself by its signature',
    )
  }
  const health = v.safeParse(Health, parse(text))
  if (status !== 200 || !health.success) {
    throw failure(
      `${url} answers ${by}, and is not a receiver: another site, or another machine`,
      passOn,
    )
  }
  const { version, host, proof: given } = health.output
  if (given === undefined) {
    throw failure(
      `${url} answers as a receiver of version ${shorten(version, MOST_SHOWN)}, which is not this one: an older one, or one behind what takes queries away`,
      `${where}: stop the other one, or let the name lead here`,
    )
  }
  if (given !== proof) {
    throw failure(
      `${url} leads to another receiver, not to this one`,
      `${where}; a receiver on the same machine has a \`url:\` and \`listen:\` of its own`,
    )
  }
  if (host === 'foreign') {
    throw failure(
      `${url} leads to this receiver under another Host, so that it takes no hook`,
      'have what stands in front keep it: proxy_set_header Host $host;',
    )
  }
  return `${url} leads to this receiver`
}

/** Nginx's words for what is behind it, and those of Cloudflare. */
const GATEWAY: ReadonlySet<number> = new Set([
  500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 530,
])

const TRIAL =
  'take `staging` out of `tls:` once it works: certificates to try things out are trusted by nobody'

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const failure = (message: string, hint: string) => Object.assign(new Error(message), { hint })
