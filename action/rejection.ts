import * as v from 'valibot'
import { Problem } from '../protocol/problem.ts'
import { ActionError } from './error.ts'

const redirected = () =>
  'Write the address it redirects to as url: a signed hook and its token follow no redirect.'

/** So many characters of an answer are shown. */
const MAX_SHOWN = 2000

/** What to do when the receiver's own words hold no hint. */
const HINTS: Readonly<Record<number, (app: string) => string>> = {
  301: redirected,
  302: redirected,
  303: redirected,
  307: redirected,
  308: redirected,
  401: (app) =>
    `The receiver's log says precisely why. Usual reasons: the app ${app} is not in its config; its auth does not name this repository (repository_id) or this key; its url is not the one that this hook is posted to; the clocks differ by minutes.`,
  403: (app) =>
    `The signature is right, but the config of ${app} does not allow this: compare its image: and the claims under auth.oidc with this run.`,
  404: () => 'Compare the app in url with the names under apps: in the receiver’s config.',
  405: () =>
    'Check that url ends in /hooks/ and the app, and that no proxy in between answers instead.',
  409: () => 'Look at the app’s history with "deploy-receiver history".',
  413: () =>
    'Something in between limits bodies (client_max_body_size in Nginx): a hook has at most 64 KiB.',
  415: () => 'A proxy in between changes the Content-Type: let application/json through.',
  422: () =>
    'Run the job again: a new attempt has a new id. Two jobs of one matrix that deploy different images to one app have the same id: give each one by the input id.',
}

/** The error of an answer that took the hook not, with the receiver's own words (RFC 9457) where it has some. */
export const rejected = (answer: {
  status: number
  text: string
  url: string
  app: string
}): ActionError => {
  const problem = readProblem(answer.text)
  const words = problem?.detail ?? problem?.title ?? firstLine(answer.text)
  const said = words === '' ? '' : `: ${words.slice(0, MAX_SHOWN)}`
  const message = `${answer.url} answered ${answer.status}${said}`
  const hint = problem?.hint?.slice(0, MAX_SHOWN) ?? HINTS[answer.status]?.(answer.app)
  return new ActionError('rejected', message, {
    ...(hint !== undefined && { hint }),
    ...(problem?.code !== undefined && { problem: problem.code }),
    ...(problem?.newer_run !== undefined && { newerRun: problem.newer_run }),
  })
}

const ProblemWords = v.partial(v.pick(Problem, ['title', 'code', 'detail', 'hint', 'newer_run']))

function readProblem(text: string): v.InferOutput<typeof ProblemWords> | undefined {
  try {
    const parsed = v.safeParse(ProblemWords, JSON.parse(text))
    return parsed.success ? parsed.output : undefined
  } catch {
    return undefined
  }
}

/** A proxy's error page says most in its title. */
const firstLine = (text: string): string =>
  (/<title>([^<]*)<\/title>/i.exec(text)?.[1] ?? text.trim().split('\n')[0] ?? '')
    .trim()
    .slice(0, 200)
