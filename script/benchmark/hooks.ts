import { openWorkspace } from '../../test/support/workspace.ts'
import { bareServer, type Contestant, debianWebhook, deployReceiver } from './hooks/contestants.ts'
import {
  distinctHooks,
  type Figures,
  killed,
  memory,
  type Size,
  wrongSignatures,
} from './hooks/measure.ts'
import type { Aim, Figure, Part } from './part.ts'

const FULL: Size = { rounds: 5, seconds: 8, hooks: 2000, refusals: 200_000 }
/** Accepted, with a durable record, in a second. */
const ACCEPTED_AIM = 2000
const KINDS = { github: "GitHub's HMAC", webhook: 'Standard Webhooks' }

/** Wrong signatures, right ones, a kill in the middle of a burst, and memory under refusals: the receiver and Debian's `webhook`. */
export const part: Part = {
  async measure({ times, say }) {
    const size = { ...FULL, rounds: times(FULL.rounds), refusals: times(FULL.refusals) }
    const workspace = openWorkspace()
    try {
      const receiver = await deployReceiver(workspace)
      const peer = await debianWebhook(workspace)
      const both: readonly Contestant[] = [receiver, peer]
      const floor = await bareServer(workspace)
      for (const each of [...both, floor]) await each.start()
      const refused = await wrongSignatures([...both, floor], size, say)
      const accepted = await distinctHooks(both, size, say)
      const ended = await killed(both, size, say)
      const held = await memory(receiver, size, say)
      await receiver.stop()

      const [ours, its] = [nameOf(receiver.name, 'github'), nameOf(peer.name, 'github')]
      const refusals = by(refused, ({ contestant, kind }) => nameOf(contestant, kind), [ours, its])
      const hooks = by(accepted, ({ contestant }) => contestant, [receiver.name, peer.name])
      return {
        figures: [
          perSecond('wrong signatures refused', refusals, { way: ours, against: its, least: 1 }),
          ...costs('a refusal', refusals),
          perSecond('right hooks acknowledged', hooks, { way: receiver.name, least: ACCEPTED_AIM }),
          ...costs('an acknowledged hook', hooks),
        ],
        tables: [
          {
            title: 'of hooks, killed in the middle of a burst',
            head: ['acknowledged', 'of these recorded'],
            rows: ended.map(({ contestant, acknowledged, recorded }) => [
              contestant,
              acknowledged,
              recorded,
            ]),
          },
          {
            title: 'of hooks',
            head: ['acknowledged', 'of these recorded'],
            rows: [...hooks].map(([name, all]) => [
              name,
              sum(all.map(({ acknowledged }) => acknowledged)),
              sum(all.map(({ recorded }) => recorded)),
            ]),
          },
          {
            title: `refusals that ${receiver.name} gave`,
            head: ['memory (MiB)'],
            rows: someOf(held).map(({ refusals: count, mib }) => [
              count.toLocaleString('en-US'),
              Math.round(mib),
            ]),
          },
        ],
      }
    } finally {
      await workspace.close()
    }
  },
}

const nameOf = (contestant: string, kind: keyof typeof KINDS) => `${contestant}, ${KINDS[kind]}`

/** Those of these names first, the second of which is what the others are compared with. */
function by<T>(
  all: readonly T[],
  name: (one: T) => string,
  first: readonly string[],
): Map<string, T[]> {
  const groups = Map.groupBy(all, name)
  return new Map(
    [...new Set([...first, ...groups.keys()])].map((key) => [key, groups.get(key) ?? []]),
  )
}

type Groups = ReadonlyMap<string, readonly Figures[]>

const perSecond = (title: string, groups: Groups, aim: Aim): Figure => ({
  ...figure(title, 'a second', groups, (each) => each.perSecond),
  aim,
})

const costs = (what: string, groups: Groups): Figure[] => [
  figure(`p99 of ${what}`, 'ms', groups, (each) => each.p99),
  figure(`processor time of ${what}`, 'µs', groups, (each) => each.cpuMicroseconds),
]

const figure = (
  title: string,
  unit: string,
  groups: Groups,
  value: (one: Figures) => number,
): Figure => ({
  title,
  unit,
  ways: [...groups].map(([name, all]) => ({ name, values: all.map(value) })),
})

const sum = (values: readonly number[]) => values.reduce((one, other) => one + other, 0)

/** The first, the last, the one after a rest, and a few between. */
const someOf = <T>(all: readonly T[]): T[] => {
  const step = Math.ceil((all.length - 2) / 4)
  return all.filter((_, at) => at >= all.length - 2 || at % step === 0)
}
