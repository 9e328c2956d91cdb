import type { Deployment } from '../../protocol/deployment.ts'
import { shortDigest } from '../../protocol/image-reference.ts'
import type { AppHealth } from '../core/slots/app-health.ts'
import { ageOf } from './age.ts'
import { ask } from './ask.ts'
import { terminalWidth, wrap } from './fit.ts'
import { imageOf } from './image-of.ts'
import { outcomeOf } from './outcome.ts'
import { printable } from '../core/printable.ts'
import { keepScreen, type Screen } from './screen.ts'
import { type Cell, table } from './table.ts'

interface Overview {
  name: string
  live: Deployment | null
  current: Deployment | null
  last: Deployment | null
  on_hold: { digest: string }[]
  maintenance_since: string | null
  stopped_since: string | null
  awaits_data: readonly string[]
  health: AppHealth | null
}

/** Shows all apps, or one, until q or Ctrl-C. Throws an error with its remedy where there is no terminal. */
export async function watch(
  app: string | undefined,
  socket: string,
  { input, output, everyMs }: Screen = {
    input: process.stdin,
    output: process.stdout,
    everyMs: 2000,
  },
): Promise<void> {
  if (!input.isTTY || !output.isTTY) {
    throw Object.assign(new Error('status --watch needs a terminal, and this is none'), {
      hint: 'leave --watch out; programs take status --json, or GET /deployments/{id}/events',
    })
  }
  // an app that there is not is told of at once
  if (app !== undefined) await ask(socket, `/apps/${encodeURIComponent(app)}`)
  await keepScreen(() => draw(app, socket), { input, output, everyMs })
}

async function draw(app: string | undefined, socket: string): Promise<string[]> {
  const head = `deploy-receiver  ${new Date().toTimeString().slice(0, 8)}  q ends`
  try {
    const { apps } = (await ask(socket, '/overview')) as { apps: Overview[] }
    const shown = apps.filter(({ name }) => app === undefined || name === app)
    return [head, '', ...describe(shown).split('\n')]
  } catch (error) {
    // it may be restarted at this moment: whoever leaves this open wants to see it come again
    const { message, hint = '' } = error as Error & { hint?: string }
    return [head, '', ...[message, hint].flatMap((line) => wrap(printable(line), terminalWidth()))]
  }
}

const describe = (apps: readonly Overview[]): string =>
  table(
    ['APP', 'LIVE', 'AGE', 'HEALTH', 'LAST', 'UNDER WAY', 'ON HOLD'],
    apps.map((each) => [
      each.name,
      each.live === null ? 'nothing yet' : imageOf(each.live),
      ageOf(each.live?.live_at),
      healthOf(each),
      each.last === null ? '-' : outcomeOf(each.last),
      underWay(each.current),
      each.on_hold.map(({ digest }) => shortDigest(digest)).join(' ') || '-',
    ]),
    { giving: ['ON HOLD', 'LIVE'], leaving: ['ON HOLD', 'UNDER WAY'] },
  )

const underWay = (current: Deployment | null): Cell =>
  current === null ? '-' : { text: current.steps.at(-1)?.name ?? current.status, style: 'yellow' }

function healthOf({
  live,
  health,
  maintenance_since: maintenance,
  stopped_since: stopped,
  awaits_data: awaits,
}: Overview): Cell {
  if (awaits.length > 0) return { text: 'waits for its data', style: 'yellow' }
  if (stopped !== null) return { text: 'stopped', style: 'yellow' }
  if (maintenance !== null) return { text: 'maintenance', style: 'yellow' }
  if (health === null) return { text: 'unknown', style: 'yellow' }
  if (live === null && health.containers === 0) return '-'
  const { containers, running, restarts, health: said } = health
  if (running === 0) return { text: 'down', style: 'red' }
  const again = restarts === 0 ? '' : `, restarted ${restarts}x`
  if (running < containers) return { text: `${running} of ${containers} up${again}`, style: 'red' }
  if (said === 'unhealthy') return { text: `unhealthy${again}`, style: 'red' }
  if (said === 'starting') return { text: `starting${again}`, style: 'yellow' }
  return { text: `${said ?? 'up'}${again}`, style: again === '' ? 'green' : 'yellow' }
}
