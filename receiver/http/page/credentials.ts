import { createHash, randomBytes } from 'node:crypto'
import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { DeployError } from '../../core/errors.ts'
import {
  LINK_SECONDS,
  newSession,
  type Person,
  type Session,
  type SessionStore,
  used,
} from '../../core/sign-in/session.ts'
import { isSecure, type OriginServices } from './origin.ts'

export interface SessionServices extends OriginServices {
  sessions: SessionStore
  intake: { nowSeconds(): number }
}

const SECRET = /^[A-Za-z0-9_-]{43}$/
const MAX_AGENT_CHARACTERS = 200

/** 256 random bits, as a link or a cookie holds them. */
export const newSecret = (): string => randomBytes(32).toString('base64url')
const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex')

/** Makes a link's secret for somebody: it signs in once, within ten minutes. */
export function makeLink(person: Person, { sessions, intake }: SessionServices): string {
  const secret = newSecret()
  const now = intake.nowSeconds()
  sessions.purge(now)
  sessions.addLink({ ...person, hash: hashOf(secret), expiresAt: now + LINK_SECONDS })
  return secret
}

/** Whom a link is for; looking does not use it up. */
export const lookAtLink = (secret: string, { sessions, intake }: SessionServices) =>
  SECRET.test(secret) ? sessions.link(hashOf(secret), intake.nowSeconds()) : undefined

/** Uses a link up. */
export const takeLink = (secret: string, { sessions, intake }: SessionServices) =>
  SECRET.test(secret) ? sessions.takeLink(hashOf(secret), intake.nowSeconds()) : undefined

/** Who asks, if they are signed in. */
export function sessionOf(c: Context, services: SessionServices): Session | undefined {
  const secret = getCookie(c, cookieName(c, services)) ?? ''
  if (!SECRET.test(secret)) return undefined
  const now = services.intake.nowSeconds()
  const session = services.sessions.session(hashOf(secret))
  if (session === undefined || session.expiresAt <= now) return undefined
  const times = used(session, now)
  return times !== undefined && isNoted(session.id, times, services)
    ? { ...session, ...times }
    : session
}

/** A full disk is what people come to look at: it keeps nobody out who is signed in. */
function isNoted(
  id: string,
  times: Pick<Session, 'usedAt' | 'expiresAt'>,
  { sessions }: SessionServices,
): boolean {
  try {
    sessions.use(id, times)
    return true
  } catch (error) {
    if (error instanceof DeployError && error.code === 'store_failed') return false
    throw error
  }
}

/** Signs somebody in under a secret that nobody knew before; who was signed in in this browser is not any more. */
export function signIn(c: Context, person: Person, services: SessionServices): Session {
  const { sessions, intake } = services
  const now = intake.nowSeconds()
  const before = sessionOf(c, services)
  if (before !== undefined) sessions.end(before.id)
  const secret = newSecret()
  const agent = (c.req.header('user-agent') ?? '').slice(0, MAX_AGENT_CHARACTERS)
  const session = newSession(person, { id: randomBytes(6).toString('hex'), now, agent })
  sessions.add(hashOf(secret), session)
  setCookie(c, cookieName(c, services), secret, {
    path: '/',
    httpOnly: true,
    sameSite: 'Strict',
    secure: isSecure(c, services),
  })
  return session
}

export function signOut(c: Context, services: SessionServices): void {
  const session = sessionOf(c, services)
  if (session !== undefined) services.sessions.end(session.id)
  deleteCookie(c, cookieName(c, services), { path: '/', secure: isSecure(c, services) })
}

/** Browsers take `__Host-` over https alone, and then from this host alone. */
const cookieName = (c: Context, services: OriginServices): string =>
  isSecure(c, services) ? '__Host-deploy-receiver' : 'deploy-receiver'
