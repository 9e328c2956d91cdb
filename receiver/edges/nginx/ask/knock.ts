import { request } from 'node:http'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import {
  connect as connectTls,
  createSecureContext,
  type SecureContext,
  type TLSSocket,
} from 'node:tls'
import { readBeginning } from '../../../../protocol/read-body.ts'
import { printable } from '../../printable.ts'
import type { Door } from './doors.ts'

/** What came of asking at a door. */
export type Answer =
  | { kind: 'ours' }
  /** Somebody else's, or ours of before. */
  | { kind: 'other'; status: number; server: string }
  /** Nobody listens there. */
  | { kind: 'refused' }
  /** This machine has no way there. */
  | { kind: 'no way'; reason: string }
  /** Somebody listens, and says nothing that is HTTP. */
  | { kind: 'silent'; reason: string }

/** Whom a visitor comes for, and where our site answers for it. */
export interface Question {
  host: string
  /** Path that only our site has. */
  path: string
  /** What it says there. */
  says: string
}

/** One that is there answers at once, but for a machine that is busy: all that is looked at has 30 s. */
const ANSWER_MS = 10_000
const MAX_BYTES = 1000
const NO_WAY = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN'])
/** Of a socket that is a file, ENOENT is the same. */
const REFUSED = new Set(['ECONNREFUSED', 'ENOENT'])

/**
 * Asks Nginx at a door as a visitor of `host` would, whatever DNS says. A certificate is not looked at: whether it is right is
 * another matter than whose site this is. Never rejects.
 */
export async function knock(door: Door, { host, path, says }: Question): Promise<Answer> {
  try {
    const { status, server, body } = await get(door, host, path)
    if (status === 200 && body === says) return { kind: 'ours' }
    return { kind: 'other', status, server }
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    if (REFUSED.has(code)) return { kind: 'refused' }
    return { kind: NO_WAY.has(code) ? 'no way' : 'silent', reason: message }
  }
}

const get = (
  door: Door,
  host: string,
  path: string,
): Promise<{ status: number; server: string; body: string }> =>
  new Promise((resolve, reject) => {
    const outgoing = request({
      createConnection: () => open(door, host),
      path,
      headers: { host, 'user-agent': 'deploy-receiver', connection: 'close' },
    })
    const timer = setTimeout(
      () => outgoing.destroy(new Error(`no answer within ${ANSWER_MS / 1000} s`)),
      ANSWER_MS,
    )
    let isAnswered = false
    outgoing.once('response', (incoming) => {
      isAnswered = true
      const { statusCode: status = 0, headers } = incoming
      const server = printable(Buffer.from(String(headers.server ?? '')), 100)
      readBeginning(incoming, MAX_BYTES).then((body) => resolve({ status, server, body }), reject)
    })
    outgoing.on('error', reject)
    outgoing.once('close', () => {
      clearTimeout(timer)
      if (!isAnswered) reject(new Error('the connection was closed without an answer'))
    })
    outgoing.end()
  })

/** The certificate, in DER, that who comes for a host gets there. */
export const shakeHands = (door: Door, host: string): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const socket = open(door, host) as TLSSocket
    socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error('no answer')))
    socket.once('secureConnect', () => {
      const { raw } = socket.getPeerCertificate()
      socket.destroy()
      resolve(raw)
    })
    socket.on('error', reject)
    socket.once('close', () => reject(new Error('the connection was closed')))
  })

/** One for all: at a start every app is asked for at once. */
let withoutAuthorities: SecureContext | undefined

function open({ at, port, tls, hasPreamble }: Door, host: string): Socket {
  const plain = at.startsWith('/') ? connectTcp({ path: at }) : connectTcp({ host: at, port })
  if (hasPreamble) plain.write(preamble(at, port))
  if (!tls) return plain
  // no authorities: none is asked whether the certificate is right, and reading the system's takes longer than all else of a start
  withoutAuthorities ??= createSecureContext({ ca: [] })
  const unlooked = { rejectUnauthorized: false, secureContext: withoutAuthorities }
  const secure = connectTls({ socket: plain, servername: host, ...unlooked })
  plain.on('error', (error) => secure.destroy(error))
  return secure
}

/** That this machine itself asks (haproxy's proxy-protocol.txt, section 2.1). */
const preamble = (at: string, port: number): string =>
  isIP(at) === 6
    ? `PROXY TCP6 ::1 ::1 1 ${port}\r\n`
    : `PROXY TCP4 127.0.0.1 127.0.0.1 1 ${port}\r\n`
