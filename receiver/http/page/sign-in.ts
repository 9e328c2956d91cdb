import { createHash, randomBytes } from 'node:crypto'
import { type Context, Hono } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import type { Person } from '../../core/sign-in/session.ts'
import type { Log } from '../../core/log.ts'
import { addressOf, type AddressServices } from '../limits/rate-limit.ts'
import {
  lookAtLink,
  newSecret,
  type SessionServices,
  signIn,
  signOut,
  takeLink,
} from './credentials.ts'
import { layout } from './layout.ts'
import { isSecure, originOf } from './origin.ts'
import { deadLinkPage, linkPage, signInPage } from './sign-in-pages.ts'
import { problemPage } from './problem-page.ts'
import { smallForm } from './small-form.ts'

export type SignInServices = SessionServices &
  AddressServices & {
    version: string
    hasFleet: boolean
    /** GitHub as one way in; `undefined`: it is not configured. */
    readonly github: GithubSignIn | undefined
    log: Log
  }

/** GitHub's OAuth for web applications. */
export interface GithubSignIn {
  /** Where a browser is sent to. */
  authorizeUrl(asked: { state: string; challenge: string; redirectUri: string }): string
  /** Whom a code stands for, if they may come in. Throws an error with its reason. */
  personOf(answer: {
    code: string
    verifier: string
    redirectUri: string
    signal: AbortSignal
  }): Promise<Person | undefined>
}

const STATE_SECONDS = 600
const GITHUB_MS = 20_000

/** The ways in, and out. */
export function createSignIn(services: SignInServices): Hono {
  const { log } = services
  const card = (
    c: Context,
    title: string,
    body: ReturnType<typeof signInPage>,
    status: 200 | 401 | 403 = 200,
  ) => c.html(layout({ title, body }, services), status)
  /** The cookie is strict: a page that another site led to goes on from itself. */
  const goOn = (c: Context) =>
    c.html(
      layout(
        {
          title: 'Signed in',
          goesOnTo: '/page/apps',
          body: problemPage('Signed in', 'The page goes on by itself.'),
        },
        services,
      ),
    )
  const noteSignIn = (c: Context, { name, role }: Person) =>
    log('info', 'signed in on the page', { person: name, role, address: addressOf(c, services) })

  return new Hono()
    .get('/sign-in', (c) => card(c, 'Sign in', signInPage(services.github !== undefined)))
    .get('/login/:link', (c) => {
      const link = c.req.param('link')
      const person = lookAtLink(link, services)
      return person === undefined
        ? card(c, 'Sign in', deadLinkPage(), 403)
        : card(c, 'Sign in', linkPage(link, person))
    })
    .post('/login', smallForm, async (c) => {
      const { link } = await c.req.parseBody()
      const person = typeof link === 'string' ? takeLink(link, services) : undefined
      if (person === undefined) return card(c, 'Sign in', deadLinkPage(), 403)
      signIn(c, person, services)
      noteSignIn(c, person)
      return c.redirect('/page/apps', 303)
    })
    .post('/sign-out', (c) => {
      signOut(c, services)
      return c.redirect('/page/sign-in', 303)
    })
    .get('/github', (c) => {
      const { github } = services
      if (github === undefined)
        return card(
          c,
          'Sign in',
          signInPage(false, 'GitHub is not configured: page.github says how.'),
          403,
        )
      const [state, verifier] = [newSecret(), newSecret()]
      setCookie(c, stateCookie(c), `${state}.${verifier}`, {
        path: '/',
        httpOnly: true,
        // it comes back from another site
        sameSite: 'Lax',
        secure: isSecure(c, services),
        maxAge: STATE_SECONDS,
      })
      const challenge = createHash('sha256').update(verifier).digest('base64url')
      return c.redirect(github.authorizeUrl({ state, challenge, redirectUri: redirectUri(c) }), 302)
    })
    .get('/github/callback', async (c) => {
      const { github } = services
      const [state = '', verifier = ''] = (getCookie(c, stateCookie(c)) ?? '').split('.')
      deleteCookie(c, stateCookie(c), { path: '/', secure: isSecure(c, services) })
      const { code, state: answered, error } = c.req.query()
      if (github === undefined || code === undefined || state === '' || answered !== state) {
        const why =
          error === undefined
            ? 'This answer of GitHub was not asked for here, or came too late. Try again.'
            : 'GitHub was told not to sign you in.'
        return card(c, 'Sign in', signInPage(github !== undefined, why), 403)
      }
      const signal = AbortSignal.timeout(GITHUB_MS)
      try {
        const person = await github.personOf({
          code,
          verifier,
          redirectUri: redirectUri(c),
          signal,
        })
        if (person === undefined) {
          log('warn', 'sign-in refused: not on the list of page.github', {
            address: addressOf(c, services),
          })
          return card(
            c,
            'Sign in',
            signInPage(
              true,
              'GitHub knows you, and page.github names neither you nor a team that GitHub shows you in.',
            ),
            403,
          )
        }
        signIn(c, person, services)
        noteSignIn(c, person)
        return goOn(c)
      } catch (error_) {
        const id = randomBytes(4).toString('hex')
        log('error', 'sign-in by GitHub failed', { error: error_, id })
        const what = signal.aborted
          ? `GitHub did not answer within ${GITHUB_MS / 1000} s`
          : 'GitHub did not answer as it should'
        return card(
          c,
          'Sign in',
          signInPage(true, `${what}; the log of the receiver has more of it (${id}). Try again.`),
          403,
        )
      }
    })

  function redirectUri(c: Context): string {
    return `${originOf(c, services)}/page/github/callback`
  }
  function stateCookie(c: Context): string {
    return isSecure(c, services) ? '__Host-deploy-receiver-state' : 'deploy-receiver-state'
  }
}
