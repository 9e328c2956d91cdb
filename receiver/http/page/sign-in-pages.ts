import { html } from 'hono/html'
import type { Person, Session } from '../../core/sign-in/session.ts'
import { table } from './layout.ts'
import { ago, foreign, type Html, NOTHING } from './text.ts'

/** How one gets in. */
export const signInPage = (hasGithub: boolean, said?: string): Html =>
  html`<div class="card">
    <h1>Sign in</h1>
    ${said === undefined ? NOTHING : html`<p class="note" role="alert">${said}</p>`}
    ${hasGithub ? html`<p><a class="button primary" href="/page/github">Sign in with GitHub</a></p>` : NOTHING}
    <p>
      On the machine, <code>sudo deploy-receiver login-link</code> prints a link that signs in once,
      within ten minutes.
    </p>
  </div>`

/** What a link shows: a program that only opens it does not use it up. */
export const linkPage = (secret: string, { name, role }: Person): Html =>
  html`<div class="card">
    <h1>Sign in</h1>
    <p>
      This link signs in
      ${foreign(name, 60)}${role === 'reader' ? ', who may look and do nothing' : ''}. It is good
      for once.
    </p>
    <form method="post" action="/page/login">
      <input type="hidden" name="link" value="${secret}" /> <button class="primary">Sign in</button>
    </form>
  </div>`

export const deadLinkPage = (): Html =>
  signInPage(false, 'This link was used already, or is older than ten minutes.')

/** Who is signed in, each of whom can be signed out. */
export const sessionsPage = (
  all: readonly Session[],
  { own, mayAct, nowMs }: { own: string; mayAct: boolean; nowMs: number },
): Html =>
  html`<h1>Sessions</h1>
    <p>One ends when nobody used it for twelve hours, and after seven days in any case.</p>
    <div id="sessions">
      ${table(
        'Who is signed in',
        ['Who', 'May', 'Since', 'Used', 'Browser', ''],
        all.map((each) => [
          html`${foreign(each.name, 60)}${each.id === own ? html` <strong class="tag">you</strong>` : NOTHING}`,
          html`${each.role === 'reader' ? 'look' : 'act'}`,
          ago(iso(each.createdAt), nowMs),
          ago(iso(each.usedAt), nowMs),
          html`<span class="clip dim">${foreign(each.agent, 120)}</span>`,
          mayAct || each.id === own
            ? html`<form method="post" action="/page/sessions/end">
                <input type="hidden" name="session" value="${each.id}" /><button class="small">
                  End it
                </button>
              </form>`
            : NOTHING,
        ]),
      )}
    </div>`

const iso = (seconds: number) => new Date(seconds * 1000).toISOString()
