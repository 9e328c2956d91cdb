import { execFile } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type Accepted, type Deployment, isFinal } from '../../protocol/deployment.ts'
import { waitFor } from '../support/processes.ts'
import { askLocally } from '../support/local.ts'
import { PROGRAM } from '../support/program.ts'
import type { Vm } from '../support/vm.ts'
import type { Random } from '../crash/random.ts'
import type { Step } from './lives.ts'

const run = promisify(execFile)
const DEADLINE_MS = 600_000
/** While the receiver is away. */
const AGAIN_MS = 200

/** A preview, and what it is to be by what was done with it. */
export interface Life {
  /** The app that it is a preview of. */
  of: 'api' | 'shop'
  name: string
  steps: Step[]
  /** Which image it has to be; `undefined`: it is not there. */
  version: number | undefined
  /** The last one. */
  deployment: string | undefined
}

/** As the receiver calls it: `api--pr-1`. */
export const appOf = ({ of, name }: Life): string => `${of}--${name}`

export interface Counts {
  made: number
  updated: number
  removed: number
  refusedLate: number
  sentAgain: number
  /** Of which one step was killed three times, which the receiver gives up. */
  deployedAgain: number
}

export type Sender = ReturnType<typeof createSender>

/** Takes previews through their lives, several at once, whatever befalls the receiver. Returns what went wrong. */
export async function runLives(
  lives: readonly Life[],
  {
    sender,
    random,
    authors,
    keepGoing = () => true,
  }: {
    sender: Sender
    random: Random
    /** How many act at once, each on another preview. */
    authors: number
    /** When it says no, what was begun is ended. */
    keepGoing?: () => boolean
  },
): Promise<string[]> {
  const problems: string[] = []
  const busy = new Set<Life>()
  const author = async () => {
    while (keepGoing()) {
      const idle = lives.filter((life) => life.steps.length > 0 && !busy.has(life))
      if (idle.length === 0) return
      const life = random.pick(idle)
      busy.add(life)
      const step = life.steps.shift()
      try {
        if (step !== undefined) await sender.take(life, step)
      } catch (error) {
        problems.push(`${appOf(life)}, ${JSON.stringify(step)}: ${String(error)}`)
      }
      busy.delete(life)
    }
  }
  await Promise.all(Array.from({ length: authors }, author))
  return problems
}

/** Does what authors of pull requests have done. @param digests of the versions */
export function createSender({ vm, digests }: { vm: Vm; digests: readonly string[] }) {
  const counts: Counts = {
    made: 0,
    updated: 0,
    removed: 0,
    refusedLate: 0,
    sentAgain: 0,
    deployedAgain: 0,
  }
  /** Of workflows: later ones have greater numbers. */
  let lastRun = 1000
  let lastId = 0

  /** As the Action sends it: again with the same id until it is answered, and once more when the answer asks for it. */
  const send = async (life: Life, content: object, asRun: number) => {
    const body = JSON.stringify({
      preview: life.name,
      ...content,
      id: `step-${lastId++}`,
      source: { run_url: `https://github.com/acme/api/actions/runs/${asRun}` },
    })
    const end = performance.now() + DEADLINE_MS
    for (let tries = 0; ; tries++) {
      if (performance.now() > end) throw new Error(`no answer to ${body}`)
      const answer = await askLocally(vm.config.socket, `/hooks/${life.of}`, { body }).catch(
        () => {},
      )
      if (answer !== undefined) {
        const said = JSON.parse(answer.text) as Partial<Accepted> & { code?: string }
        if (said.code !== 'preview_leaves' && answer.status !== 503) {
          if (tries > 0) counts.sentAgain++
          return { status: answer.status, ...said, text: answer.text }
        }
      }
      await pause(AGAIN_MS)
    }
  }
  const endOf = (id: string) =>
    waitFor(
      async () => {
        const read = (await vm.read(`/deployments/${id}`)) as Deployment
        return isFinal(read.status) && read
      },
      { what: `${id} did not end`, deadlineMs: DEADLINE_MS, everyMs: AGAIN_MS },
    )

  const deploy = async (life: Life, step: { version: number; isAwaited: boolean }) => {
    const image = `${vm.repository}@${digests[step.version]}`
    const { status, deployment, text } = await send(life, { image }, lastRun++)
    if (deployment === undefined) throw new Error(`${status} ${text}`)
    life.version = step.version
    life.deployment = deployment.id
    if (step.isAwaited) await settle(life)
  }
  /** Waits until its last deployment is over, which is made once more if the kills ended it. */
  const settle = async (life: Life): Promise<void> => {
    const { deployment: id, version } = life
    if (id === undefined || version === undefined) return
    const { status, error } = await endOf(id)
    if (status === 'succeeded') return
    if (error?.code !== 'receiver_died') throw new Error(JSON.stringify(error))
    counts.deployedAgain++
    await deploy(life, { version, isAwaited: true })
  }

  const remove = async (life: Life, step: Step & { does: 'remove' }) => {
    life.version = undefined
    life.deployment = undefined
    const app = appOf(life)
    if (step.by === 'hook') {
      const { status, text } = await send(life, { remove: true }, lastRun++)
      if (status !== 202 && !/there is no preview/.test(text)) throw new Error(`${status} ${text}`)
    } else await removeByHand(app)
    if (!step.isAwaited) return
    await waitFor(async () => (await vm.readText(`/apps/${app}`)).status === 404, {
      what: `${app} is not gone`,
      deadlineMs: DEADLINE_MS,
      everyMs: AGAIN_MS,
    })
  }
  const removeByHand = async (app: string) => {
    const end = performance.now() + DEADLINE_MS
    const args = ['--config', vm.receiver().config, 'remove', app]
    for (;;) {
      const failure = await run(PROGRAM, args).then(
        () => undefined,
        (error: unknown) => String((error as { stderr?: string }).stderr),
      )
      // killed in between, it may have gone
      if (failure === undefined || /there is nothing of an app/.test(failure)) return
      if (performance.now() > end) throw new Error(failure)
      counts.sentAgain++
      await pause(AGAIN_MS)
    }
  }

  return {
    counts,
    settle,
    async take(life: Life, step: Step) {
      switch (step.does) {
        case 'make':
        case 'update':
          await deploy(life, step)
          counts[step.does === 'make' ? 'made' : 'updated']++
          return
        case 'remove':
          await remove(life, step)
          counts.removed++
          return
        case 'ask late': {
          const image = `${vm.repository}@${digests[0]}`
          const { status, code, text } = await send(life, { image }, 1)
          if (code !== 'preview_removed') throw new Error(`it came back: ${status} ${text}`)
          counts.refusedLate++
        }
      }
    },
  }
}
