import type { AuditEntry } from '../core/intake/audit.ts'
import { type Finding, finding, type Found } from '../core/finding.ts'
import { whyNoAnswer } from '../core/public-url.ts'
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
  const sent = await finding({ id: 'public-url', what: 'public URL' }, async () => {
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
    const { message, hint } = whyNoAnswer(url, error)
    throw failed(message, hint)
  }
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
