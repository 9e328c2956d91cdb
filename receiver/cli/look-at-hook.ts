import type { AuditEntry } from '../core/intake/audit.ts'
import { type Finding, finding, type Found } from '../core/finding.ts'
import { shorten } from '../core/shorten.ts'
import { ask } from './ask.ts'

interface SignedTest {
  url: string
  headers: Record<string, string>
  body: string
  key: string
}

const ANSWER_MS = 20_000
const MOST_CHARACTERS = 200

/**
 * Sends a hook that is a test by the public URL, as a sender would, and looks at what each check of it found. Its key is made for
 * it alone; nothing is started or used up.
 */
export async function lookAtHook(app: string, socket: string): Promise<Finding[]> {
  const path = `/apps/${encodeURIComponent(app)}`
  const { accepts } = (await ask(socket, path)) as { accepts: string[] }
  const test = (await ask(socket, `${path}/test-hook`, 'POST')) as SignedTest
  const began = new Date().toISOString()

  let answer: Response | undefined
  const sent = await finding('public URL', async () => {
    answer = await send(test)
    return `${test.url} answers: ${answer.status}`
  })
  if (answer === undefined) return [sent]
  const [status, text] = [answer.status, shorten(await answer.text(), MOST_CHARACTERS)]

  const query = `app=${encodeURIComponent(app)}&limit=50`
  const { entries } = (await ask(socket, `/audit?${query}`)) as { entries: AuditEntry[] }
  const isRejected = ({ outcome, last_at: at }: AuditEntry) =>
    status === 401 && outcome === 'rejected' && at >= began
  const entry = entries.find(({ sender }) => sender.key === test.key) ?? entries.find(isRejected)
  return [
    sent,
    await finding('receiver', () => arrival(entry, status, text)),
    await finding('signature', () => signature(entry, status)),
    await finding('hook', () => outcomeOf(entry, status)),
    await finding('senders', () => sendersOf(app, accepts)),
  ].filter(({ message }) => message !== '')
}

async function send({ url, headers, body }: SignedTest): Promise<Response> {
  try {
    return await fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_MS),
    })
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string; message?: string } }
    const why = cause?.message ?? message
    throw failed(`${url} does not answer: ${why}`, REMEDIES[cause?.code ?? ''] ?? OTHERWISE)
  }
}

const OTHERWISE =
  'look at the DNS of its host, at the firewall, and at the server block of Nginx for it (docs/install.md)'
const REMEDIES: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the host of `url:` has no address: set its DNS to this machine',
  ECONNREFUSED: 'nothing listens there: start Nginx, and see that it listens on that port',
  CERT_HAS_EXPIRED: 'renew the certificate of the host of `url:`, and reload Nginx',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'the certificate signs itself: get one from an authority, or give that to the senders',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another name than that of `url:`',
}

/** Whether it was this receiver that answered: it has it in its audit trail. */
function arrival(entry: AuditEntry | undefined, status: number, text: string): Found {
  if (entry !== undefined) return `was reached, from ${entry.address ?? 'an unknown address'}`
  throw failed(
    `did not see the hook: something else answered ${status}, ${JSON.stringify(text)}`,
    'have Nginx pass the host of `url:` on to `listen:` of the receiver, Host and path as they are (docs/install.md)',
  )
}

function signature(entry: AuditEntry | undefined, status: number): Found {
  if (entry === undefined) return ''
  if (entry.outcome !== 'rejected') return 'fits, by a key that was made for this test alone'
  throw failed(
    `was not accepted (${status}): ${entry.reason ?? 'no reason'}`,
    'what stands between sender and receiver has to leave the body, the path and the headers as they are; a wrong time is the clock of this machine',
  )
}

function outcomeOf(entry: AuditEntry | undefined, status: number): Found {
  if (entry === undefined || entry.outcome === 'rejected') return ''
  if (status === 200) return entry.reason ?? 'would be accepted'
  throw failed(`would be refused (${status}): ${entry.reason ?? 'no reason'}`, 'see docs/errors.md')
}

function sendersOf(app: string, accepts: readonly string[]): Found {
  if (accepts.length > 0) {
    return `${accepts.join(', ')}: their own keys and claims are tried by their first hook`
  }
  return {
    message: `nobody: ${app} takes hooks from this machine alone`,
    hint: `set apps.${app}.auth to let a workflow deploy: deploy-receiver hook ${app} shows how`,
  }
}

const failed = (message: string, hint: string) => Object.assign(new Error(message), { hint })
