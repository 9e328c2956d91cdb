import { connect, type Socket } from 'node:net'
import { createTransport } from 'nodemailer'
import { DeliveryError } from '../../core/notify/delivery-error.ts'
import type { Message } from '../../core/notify/message.ts'
import type { Way } from '../../core/notify/target.ts'
import { printable } from '../../core/printable.ts'
import { shorten } from '../../core/shorten.ts'
import { lookupWithin, requireReach, type ResolveName, resolveName } from '../reach.ts'
import { reachOf, unreachable } from './post.ts'

type Email = Extract<Way, { kind: 'email' }>

const CONNECT_MS = 10_000
const ANSWER_MS = 20_000
const ANSWER_CHARACTERS = 200

/**
 * Hands a mail to an SMTP server, as plain text. Resolves to what it answered. Throws `DeliveryError`.
 * @param id of the news: it stands in the mail, so that one that comes twice can be seen
 */
export async function sendMail(
  {
    way,
    allowsPrivate,
    message,
    id,
  }: { way: Email; allowsPrivate: boolean; message: Message; id: string },
  signal: AbortSignal,
  { resolve = resolveName, ca }: { resolve?: ResolveName; ca?: string } = {},
): Promise<string> {
  const { host, port, tls, login, from, to } = way
  let connection: Socket | undefined
  const transport = createTransport({
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    ...(login === undefined ? {} : { auth: { user: login.user, pass: login.password } }),
    tls: { minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) },
    greetingTimeout: ANSWER_MS,
    socketTimeout: ANSWER_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
    getSocket(_options, done) {
      open({ host, port, allowsPrivate, resolve }, signal).then(
        (socket) => done(null, { connection: (connection = socket) }),
        (error: Error) => done(error),
      )
    },
  })
  const end = () => connection?.destroy()
  signal.addEventListener('abort', end, { once: true })
  try {
    const { response } = await transport.sendMail({
      from,
      to: [...to],
      subject: shorten(message.title, SUBJECT_CHARACTERS),
      text: textOf(message),
      messageId: `<${id}@${from.slice(from.lastIndexOf('@') + 1).replace(/>$/, '')}>`,
      headers: { 'Auto-Submitted': 'auto-generated' },
    })
    return shorten(printable(response), ANSWER_CHARACTERS)
  } catch (error) {
    throw explain(way, error, signal)
  } finally {
    signal.removeEventListener('abort', end)
    transport.close()
    end()
  }
}

const SUBJECT_CHARACTERS = 150

/** A connection to an address that was looked at when it was connected to. */
function open(
  {
    host,
    port,
    allowsPrivate,
    resolve,
  }: { host: string; port: number; allowsPrivate: boolean; resolve: ResolveName },
  signal: AbortSignal,
): Promise<Socket> {
  return new Promise((done, reject) => {
    const reach = reachOf(allowsPrivate)
    requireReach(new URL(`smtp://${host.includes(':') ? `[${host}]` : host}`), reach)
    const socket = connect({ host, port, lookup: lookupWithin(reach, resolve), signal })
    const late = setTimeout(
      () => socket.destroy(new Error(`no connection within ${CONNECT_MS / 1000} s`)),
      CONNECT_MS,
    )
    const settle = (work: () => void) => () => {
      clearTimeout(late)
      work()
    }
    let failure: Error | undefined
    socket.on('error', (error) => (failure ??= error))
    socket.once(
      'connect',
      settle(() => done(socket)),
    )
    socket.once(
      'close',
      settle(() => reject(failure ?? new Error('the connection was closed'))),
    )
  })
}

/** What the server said, or why it was not asked. */
function explain({ host }: Email, error: unknown, signal: AbortSignal): DeliveryError {
  const { code, response, responseCode } = error as {
    code?: string
    response?: string
    responseCode?: number
  }
  if (response === undefined || signal.aborted) return unreachable(host, error, signal)
  const said = shorten(printable(response.split('\n')[0] ?? ''), ANSWER_CHARACTERS)
  // RFC 5321, section 4.2.1: 5yz is a no for good; of a login it is one that the operator can mend
  const isFinal = (responseCode ?? 0) >= 500 && code !== 'EAUTH'
  return new DeliveryError(`${host} answered ${said}`, {
    isFinal,
    cause: error,
    ...(code === 'EAUTH' ? { hint: 'look at user and password of this target' } : {}),
  })
}

function textOf({ title, reason, hint, facts, log, links }: Message): string {
  return [
    title,
    '',
    ...(reason === undefined ? [] : [reason]),
    ...(hint === undefined ? [] : [`-> ${hint}`]),
    ...(reason === undefined && hint === undefined ? [] : ['']),
    ...facts.map(({ name, value }) => `${name}: ${value}`),
    ...(log.length === 0 ? [] : ['', 'The log ends with:', ...log.map((line) => `  ${line}`)]),
    ...(links.length === 0 ? [] : ['', ...links.map((each) => `${each.text}: ${each.url}`)]),
    '',
  ].join('\n')
}
