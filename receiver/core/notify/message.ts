import { showDuration } from '../../../protocol/duration.ts'
import { formatImage } from '../../../protocol/image-reference.ts'
import type { Deployment } from '../../../protocol/deployment.ts'
import { defined } from '../defined.ts'
import { printable } from '../printable.ts'
import { shorten } from '../shorten.ts'
import type { News, NewsKind } from './news.ts'

/** News as people read them: plain texts, in which nothing is markup and no character is obeyed. Each target escapes them its own way. */
export interface Message {
  title: string
  tone: 'good' | 'bad' | 'warning'
  facts: readonly { name: string; value: string }[]
  /** What failed, or is about to. */
  reason?: string
  /** What to do about it. */
  hint?: string
  /** What the container printed last. */
  log: readonly string[]
  links: readonly { text: string; url: string }[]
}

/** Where it comes from. */
export interface From {
  /** Public base URL of the receiver. */
  url: string
  /** Where the page is for people; absent: nowhere that leads there from outside. */
  pageUrl?: string
}

const REASON_CHARACTERS = 700
const FACT_CHARACTERS = 200
const LOG_CHARACTERS = 1800
const URL_CHARACTERS = 500

export function messageOf(news: News, from: From): Message {
  const message =
    'deployment' in news
      ? ofDeployment(news, from)
      : 'preview' in news
        ? ofPreview(news)
        : ofWarning(news)
  return { ...message, facts: [...message.facts, { name: 'Receiver', value: hostOf(from.url) }] }
}

function ofDeployment(
  { kind, deployment }: Extract<News, { deployment: Deployment }>,
  { pageUrl }: From,
): Message {
  const { app, action, id, error, source } = deployment
  const reason = error === undefined || kind === 'succeeded' ? undefined : error.message
  const page = pageUrl === undefined ? undefined : `${pageUrl}/page/deployments/${id}`
  return {
    title: `${app}: ${action} ${ENDS[kind]}`,
    tone: kind === 'failed' || kind === 'rolled_back' ? 'bad' : 'good',
    facts: factsOf(deployment),
    ...defined({
      reason: reason === undefined ? undefined : text(reason, REASON_CHARACTERS),
      hint: error?.hint === undefined ? undefined : text(error.hint, REASON_CHARACTERS),
    }),
    log: endOf(error?.log ?? []),
    links: [
      ...(page === undefined ? [] : [{ text: 'Deployment', url: page }]),
      ...link('Run', source.run_url),
    ],
  }
}

const ENDS: Readonly<Record<Exclude<NewsKind, 'certificate' | 'disk' | 'preview'>, string>> = {
  failed: 'failed',
  rolled_back: 'failed, and what ran before is back',
  recovered: 'succeeded, after a failure',
  succeeded: 'succeeded',
}

function factsOf({ id, image, source, steps }: Deployment) {
  const { repository, tag, digest } = image
  const shown = formatImage({
    repository,
    ...defined({ tag, digest: digest?.slice(0, SHORT_DIGEST) }),
  })
  const ms = steps.reduce((sum, step) => sum + (step.ms ?? 0), 0)
  const facts = {
    Image: shown,
    Commit: [source.sha?.slice(0, SHORT_SHA), source.message?.split('\n')[0]]
      .filter((each) => each !== undefined)
      .join(' '),
    By: source.actor ?? '',
    Took: ms === 0 ? '' : showDuration(ms),
    Deployment: id,
  }
  return Object.entries(facts).flatMap(([name, value]) =>
    value === '' ? [] : [{ name, value: text(value, FACT_CHARACTERS) }],
  )
}

/** `sha256:` and twelve digits. */
const SHORT_DIGEST = 19
const SHORT_SHA = 12

function ofWarning({ warning }: Extract<News, { warning: unknown }>): Message {
  const { what, message, hint } = warning
  return {
    title: `${text(what, FACT_CHARACTERS)} needs somebody`,
    tone: 'warning',
    facts: [],
    reason: text(message, REASON_CHARACTERS),
    ...(hint === undefined ? {} : { hint: text(hint, REASON_CHARACTERS) }),
    log: [],
    links: [],
  }
}

function ofPreview({ preview }: Extract<News, { preview: unknown }>): Message {
  const { app, became, message, hint, url } = preview
  return {
    title: `${app} ${BECAME[became]}`,
    tone: became === 'made' || became === 'removed' ? 'good' : 'warning',
    facts: [],
    reason: text(message, REASON_CHARACTERS),
    ...(hint === undefined ? {} : { hint: text(hint, REASON_CHARACTERS) }),
    log: [],
    links: link('Preview', url),
  }
}

const BECAME = {
  made: 'is there',
  removed: 'is gone',
  refused: 'was not made',
  closed: 'lives on, and goes in a day',
} as const

/** What it says to see whether a target takes it. */
export const trialMessage = (from: From): Message => ({
  title: 'deploy-receiver: this is a test',
  tone: 'good',
  facts: [{ name: 'Receiver', value: hostOf(from.url) }],
  reason: 'Somebody ran `deploy-receiver notify test`. Nothing happened to any app.',
  log: [],
  links: [],
})

const text = (given: string, most: number) => shorten(printable(given), most)

/** The last lines that fit. */
function endOf(lines: readonly string[]): string[] {
  const end: string[] = []
  let characters = 0
  for (const line of lines.map(printable).toReversed()) {
    characters += line.length + 1
    if (characters > LOG_CHARACTERS) break
    end.unshift(line)
  }
  return end
}

/** A sender's own link: a plain one over TLS, or none. */
function link(of: string, url: string | undefined): Message['links'] {
  if (url === undefined || url.length > URL_CHARACTERS || !PLAIN_URL.test(url)) return []
  return [{ text: of, url }]
}

/** Nothing in it means anything to a target's markup. */
const PLAIN_URL = /^https:\/\/[a-zA-Z0-9.-]+(?::\d{1,5})?(?:\/[\w.~%/-]*)?$/

const hostOf = (url: string) => /^https?:\/\/([^/]*)/.exec(url)?.[1] ?? url
