import { setTimeout as pause } from 'node:timers/promises'
import { createParser } from 'eventsource-parser'
import * as v from 'valibot'
import {
  type Accepted,
  Deployment,
  type DeploymentEvent,
  isFinal,
  MAX_EVENT_CHARACTERS,
  readEvent,
  type UnknownEvent,
} from '../protocol/deployment.ts'
import { ActionError } from './error.ts'
import { showDuration } from '../protocol/duration.ts'
import type { Answer } from './request.ts'
import { explainNetworkError } from './network-error.ts'
import { readText, send } from './request.ts'
import { say } from './log.ts'
import { rejected } from './rejection.ts'

export interface Following {
  accepted: Accepted
  /** How long to follow, in milliseconds. */
  timeoutMs: number
  /** Aborts when the job is cancelled. */
  signal: AbortSignal
  /** Called for each event, once and in order. */
  onEvent: (event: DeploymentEvent | UnknownEvent) => void
  /** First pause before a reconnect; each one without news doubles it, up to 10 s. */
  reconnectMs?: number
}

const RECONNECT_MS = 500
const MAX_RECONNECT_MS = 10_000
const ANSWER_TIMEOUT_MS = 15_000
/** A connection over which nothing came for so long, not even a comment, is taken for dead. */
const SILENCE_MS = 45_000
/** An established connection ended amid an answer. */
const CUT_CODES = new Set(['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'EPIPE'])
/** Answer 204: every event was read. */
const NOTHING_LEFT = 'every event was read'
/** Reads of the final deployment before its events alone have to do. */
const FINAL_READS = 3

/**
 * Follows a deployment to its end over server-sent events, taking up where it was after each cut, and returns it as it
 * ended. Leaving early, by timeout or cancellation, leaves the deployment alone.
 * @throws ActionError `still_running` at the timeout, `cancelled`, `rejected`, `bad_answer`.
 */
export const follow = async (following: Following): Promise<Deployment> => {
  const { accepted, timeoutMs, signal } = following
  const deadline = AbortSignal.timeout(timeoutMs)
  const ended = AbortSignal.any([signal, deadline])
  try {
    const finished = await followEvents(following, ended)
    return await readFinal(following, finished, ended)
  } catch (error) {
    if (error instanceof ActionError) throw error
    if (signal.aborted) throw leftAlone('cancelled', `cancelled while following`, accepted, error)
    if (deadline.aborted) {
      const words = `still running after ${showDuration(timeoutMs)}`
      throw leftAlone('still_running', words, accepted, error)
    }
    throw error
  }
}

type Finished = Extract<DeploymentEvent, { type: 'finished' }>

/** The last event; undefined when the receiver says that there is none to come. */
async function followEvents(
  following: Following,
  ended: AbortSignal,
): Promise<Finished | undefined> {
  const { url, token } = following.accepted.follow
  const firstPauseMs = following.reconnectMs ?? RECONNECT_MS
  let lastEventId = ''
  let pauseMs = firstPauseMs
  let finished: Finished | undefined
  for (;;) {
    const cut = await readStream({
      url,
      headers: {
        accept: 'text/event-stream',
        authorization: `Bearer ${token}`,
        ...(lastEventId !== '' && { 'last-event-id': lastEventId }),
      },
      ended,
      onMessage: (data, id) => {
        const event = parseEvent(data)
        lastEventId = id ?? lastEventId
        pauseMs = firstPauseMs
        if (event === undefined) return 'more'
        following.onEvent(event)
        if (event.type !== 'finished') return 'more'
        finished = event
        return 'last'
      },
    })
    if (finished !== undefined || cut === NOTHING_LEFT) return finished
    ended.throwIfAborted()
    say(`${cut}; following again in ${showDuration(pauseMs)}`)
    await pause(pauseMs, undefined, { signal: ended })
    pauseMs = Math.min(pauseMs * 2, MAX_RECONNECT_MS)
  }
}

interface Stream {
  url: string
  headers: Record<string, string>
  ended: AbortSignal
  onMessage: (data: string, id: string | undefined) => 'more' | 'last'
}

/** Reads one connection until it ends, and says in words how it did. An answer that will stay the same is thrown. */
async function readStream({ url, headers, ended, onMessage }: Stream): Promise<string> {
  const silence = new AbortController()
  const timer = setTimeout(() => silence.abort(), SILENCE_MS)
  try {
    const answer = await send(url, {
      method: 'GET',
      headers,
      answerTimeoutMs: ANSWER_TIMEOUT_MS,
      signal: AbortSignal.any([ended, silence.signal]),
    })
    if (answer.status !== 200) return await notAStream(answer, url)
    let next: 'more' | 'last' = 'more'
    let isTooLong = false
    const parser = createParser({
      maxBufferSize: MAX_EVENT_CHARACTERS,
      onError: ({ type }) => (isTooLong ||= type === 'max-buffer-size-exceeded'),
      onEvent: ({ data, id }) => {
        if (next === 'more') next = onMessage(data, id)
      },
    })
    const decoder = new TextDecoder()
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
      timer.refresh()
      parser.feed(decoder.decode(chunk, { stream: true }))
      if (isTooLong) throw tooLong(url)
      if ((next as string) === 'last') break
    }
    return 'the connection to the receiver ended'
  } catch (error) {
    if (error instanceof ActionError) throw error
    if (silence.signal.aborted) return `the receiver said nothing for ${showDuration(SILENCE_MS)}`
    return CUT_CODES.has((error as NodeJS.ErrnoException).code ?? '')
      ? 'the connection to the receiver was cut'
      : explainNetworkError(error, url).why
  } finally {
    clearTimeout(timer)
  }
}

const tooLong = (url: string): ActionError =>
  new ActionError(
    'bad_answer',
    `${url} sent an event of more than ${MAX_EVENT_CHARACTERS} characters`,
    { hint: 'Check that url is the hook of a deploy-receiver: its events are far shorter.' },
  )

async function notAStream(answer: Answer, url: string): Promise<string> {
  const text = await readText(answer)
  if (answer.status === 204) return NOTHING_LEFT
  if (answer.status === 429 || answer.status >= 500) return `the receiver answered ${answer.status}`
  throw rejected({ status: answer.status, text, url, app: '' })
}

function parseEvent(data: string): DeploymentEvent | UnknownEvent | undefined {
  try {
    return readEvent(JSON.parse(data))
  } catch {
    return undefined
  }
}

/** The deployment as the receiver shows it in the end; where that cannot be read any more, as its events told it. */
async function readFinal(
  { accepted, reconnectMs = RECONNECT_MS }: Following,
  finished: Finished | undefined,
  ended: AbortSignal,
): Promise<Deployment> {
  for (let read = 0; read < FINAL_READS; read++) {
    if (read > 0) await pause(reconnectMs * 2 ** read, undefined, { signal: ended })
    const deployment = await readDeployment(accepted.follow, ended)
    if (deployment !== undefined && isFinal(deployment.status)) return deployment
    ended.throwIfAborted()
  }
  if (finished === undefined) {
    throw new ActionError(
      'lost',
      `the end of deployment ${accepted.deployment.id} cannot be read from ${accepted.follow.url}`,
      {
        hint: 'Look at it on the receiver with "deploy-receiver history".',
      },
    )
  }
  const { status, at, error } = finished
  return { ...accepted.deployment, status, finished_at: at, ...(error && { error }) }
}

/** The deployment as it is now; undefined when it cannot be read. */
export const readDeployment = async (
  where: Accepted['follow'],
  signal?: AbortSignal,
): Promise<Deployment | undefined> => askDeployment(where, signal).catch(() => undefined)

/**
 * The deployment as it is now.
 * @throws ActionError `unreachable`, `rejected`, `bad_answer`
 */
export const askDeployment = async (
  { url, token }: Accepted['follow'],
  signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS),
): Promise<Deployment> => {
  const at = url.replace(/\/events$/, '')
  const { status, text } = await send(at, {
    method: 'GET',
    headers: { accept: 'application/json', authorization: `Bearer ${token}` },
    answerTimeoutMs: ANSWER_TIMEOUT_MS,
    signal,
  })
    .then(async (answer) => ({ status: answer.status, text: await readText(answer) }))
    .catch((cause: unknown) => {
      const { why, hint } = explainNetworkError(cause, url)
      throw new ActionError('unreachable', why, { hint, cause })
    })
  if (status !== 200) throw rejected({ status, text, url: at, app: '' })
  const deployment = parseDeployment(text)
  if (deployment !== undefined) return deployment
  throw new ActionError('bad_answer', `${at} answered with no deployment`)
}

function parseDeployment(text: string): Deployment | undefined {
  try {
    return v.parse(Deployment, JSON.parse(text))
  } catch {
    return undefined
  }
}

function leftAlone(
  code: 'cancelled' | 'still_running',
  words: string,
  { deployment }: Accepted,
  cause: unknown,
): ActionError {
  return new ActionError(code, `deployment ${deployment.id} of ${deployment.app}: ${words}`, {
    hint:
      code === 'cancelled'
        ? 'The deployment goes on by itself.'
        : 'The deployment goes on by itself. Give the job longer with timeout, or do not follow it with wait: false.',
    cause,
  })
}
