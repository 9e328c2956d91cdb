import type { Deployment } from '../../protocol/deployment.ts'
import { shortDigest } from '../../protocol/image-reference.ts'
import { historyIn, rollbackTarget } from '../core/intake/rollback-target.ts'
import { ago } from './age.ts'
import { ask } from './ask.ts'
import { choose } from './choose.ts'
import { terminalWidth } from './fit.ts'
import { say } from './print.ts'
import { outcomeOf } from './outcome.ts'
import { table } from './table.ts'

/** As many as there are digits to choose one by. */
const MOST = 9
/** As far back as it is looked for them. */
const LAST = 200
/** `> 1  ` in front of each. */
const MARGIN = 6

/**
 * Asks a person at the terminal where to go back to: the last digests that were live, the one before preselected.
 * @returns what a rollback takes; `undefined` when it was called off
 */
export async function askTarget(app: string, socket: string): Promise<string | undefined> {
  const path = `/apps/${encodeURIComponent(app)}`
  const [{ live }, { deployments }] = (await Promise.all([
    ask(socket, path),
    ask(socket, `${path}/deployments?limit=${LAST}`),
  ])) as [{ live: Deployment | null }, { deployments: Deployment[] }]
  const now = live?.image.digest
  const targets = targetsOf(deployments, now)
  // says why there is none
  const previous = rollbackTarget(app, 'previous', historyIn(pastsOf(deployments)), now)
  const [headings = '', ...lines] = table(
    ['TAG', 'LIVE', 'DIGEST', 'COMMIT', 'OUTCOME'],
    targets.map((each) => [
      each.image.tag ?? '-',
      ago(each.live_at ?? each.created_at),
      shortDigest(each.image.digest ?? '-'),
      each.source.sha?.slice(0, 7) ?? '-',
      outcomeOf(each),
    ]),
    {
      giving: ['TAG', 'DIGEST'],
      leaving: ['OUTCOME', 'COMMIT', 'LIVE'],
      width: Math.max(20, terminalWidth() - MARGIN),
    },
  ).split('\n')
  say(`Where to? ${app} runs ${live?.image.tag ?? ''} ${shortDigest(now ?? 'nothing')}`)
  console.log(`${' '.repeat(MARGIN - 1)}${headings}`)
  const start = targets.findIndex(({ image }) => image.digest === previous.digest)
  const chosen = await choose(lines, Math.max(0, start))
  if (chosen === undefined) return undefined
  return chosen === start ? 'previous' : targets[chosen]?.id
}

/** The newest deployment of each digest that was live, but for the one that is. */
function targetsOf(newestFirst: readonly Deployment[], live: string | undefined): Deployment[] {
  const newest = new Map<string, Deployment>()
  for (const each of newestFirst) {
    const { digest } = each.image
    if (digest === undefined || digest === live || each.status !== 'succeeded') continue
    if (!newest.has(digest)) newest.set(digest, each)
  }
  return [...newest.values()].slice(0, MOST)
}

const pastsOf = (deployments: readonly Deployment[]) =>
  deployments.flatMap(({ id, action, image: { digest, tag }, settings_of: settingsOf, status }) =>
    digest === undefined
      ? []
      : {
          id,
          action,
          digest,
          ...(tag === undefined ? {} : { tag }),
          ...(settingsOf === undefined ? {} : { settingsOf }),
          succeeded: status === 'succeeded',
        },
  )
