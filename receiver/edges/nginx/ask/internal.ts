import { setTimeout as pause } from 'node:timers/promises'
import { internalName } from '../../../core/internal-name.ts'
import type { Program } from '../program.ts'
import { type Door, doorsOf, nameOf } from './doors.ts'
import { type Answer, knock, type Question } from './knock.ts'

const PAUSE_MS = 25

/** What there is to ask of an app's internal name. */
export interface InternalSite {
  app: string
  /** Where Nginx says that it has the app's file as it is; empty when its file is of an older version. */
  path: string
  listens: readonly string[]
  /** This machine's address on the network of the containers. */
  gateway: string
}

/**
 * Asks Nginx for an app where its other containers do, at this machine's address on their network. Nothing to say when Nginx listens at no
 * address that they come to, or there is no such network yet.
 */
export async function askInternal(
  { app, path, listens, gateway }: InternalSite,
  options: { program: Pick<Program, 'lastReload'>; signal: AbortSignal },
): Promise<{ internalUrl?: string; warning?: string }> {
  const [door] = listens.flatMap((listen) => doorFrom(listen, gateway))
  if (door === undefined) return {}
  const host = internalName(app)
  const url = `http://${host}${door.port === 80 ? '' : `:${door.port}`}`
  const answer = await answerAt(door, { host, path, says: app }, options)
  if (answer.kind === 'ours') return { internalUrl: url }
  if (answer.kind === 'no way') return {}
  const met =
    answer.kind === 'other'
      ? `answers ${answer.status}, which is not what Nginx was told of it`
      : answer.kind === 'silent'
        ? `does not answer (${answer.reason})`
        : 'refuses connections'
  return {
    warning: `other containers do not come to ${app} by ${url}: ${nameOf(door)} ${met}. Another site of Nginx may have that name or address`,
  }
}

/** While a reload may be under way, an answer may be that of before. */
async function answerAt(
  door: Door,
  question: Question,
  { program, signal }: Parameters<typeof askInternal>[1],
): Promise<Answer> {
  for (;;) {
    const answer = await knock(door, question)
    const isLate = answer.kind === 'other' || answer.kind === 'silent'
    if (!isLate || program.lastReload() !== 'taken') return answer
    await pause(PAUSE_MS, undefined, { signal })
  }
}

/** The way in by which containers come, if this `listen` is one: without TLS, and without a line of a proxy before. */
const doorFrom = (listen: string, gateway: string): Door[] =>
  doorsOf(listen, [gateway]).filter(
    ({ at, tls, hasPreamble }) => at === gateway && !tls && !hasPreamble,
  )
