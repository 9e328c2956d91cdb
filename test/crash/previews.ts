import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type Docker from 'dockerode'
import { type Deployment, isFinal } from '../../protocol/deployment.ts'
import { waitFor } from '../support/processes.ts'
import type { Vm } from '../support/vm.ts'

/** The app that they are of. */
const OF = 'standing'
const GONE_MS = 300_000
const SENDS = 200

/**
 * Takes a preview away while another one of the same image, which nothing else has, is made: the removal of that image and its pull meet.
 * Each of {@link Previews} begins with one that stands.
 */
export interface Previews {
  /** Has the removal and the making begun: resolves when both are taken. */
  begin(startLive: () => Promise<void>): Promise<void>
  /** Resolves to what is wrong when both are over. */
  end(startLive: () => Promise<void>): Promise<{ status: string; violations: string[] }>
}

export async function standingPreview(
  { vm, docker }: { vm: Vm; docker: Docker },
  { digest, nth }: { digest: string; nth: number },
): Promise<Previews> {
  const image = `${vm.repository}@${digest}`
  const [goes, comes] = [`pr-${nth}-a`, `pr-${nth}-b`]
  const make = (preview: string, wait?: number) =>
    vm.hook(
      { preview, image, id: randomBytes(9).toString('hex') },
      { app: OF, ...(wait === 0 ? { wait } : {}) },
    )
  const { deployment } = await make(goes)
  if (deployment.status !== 'succeeded') throw new Error(`${goes}: ${JSON.stringify(deployment)}`)

  const remove = (preview: string) => {
    const body = { preview, remove: true, id: randomBytes(9).toString('hex') }
    return () => vm.hook(body, { app: OF, wait: 0 })
  }
  let made = ''
  return {
    async begin(startLive) {
      const body = { preview: comes, image, id: randomBytes(9).toString('hex') }
      const answers = await Promise.all([
        taken(remove(goes), startLive),
        taken(() => vm.hook(body, { app: OF, wait: 0 }), startLive),
      ])
      made = answers[1].deployment?.id ?? ''
    },
    async end(startLive) {
      const look = () => vm.read(`/deployments/${made}`).catch(() => undefined)
      let last: Deployment | undefined
      const violations = await settled(startLive, async () => {
        last = (await look()) as Deployment | undefined
        const isOver = last !== undefined && isFinal(last.status)
        return [
          ...(isOver ? [] : [`${comes} is ${last?.status}`]),
          ...(await tracesOf(`${OF}--${goes}`, docker)),
        ]
      })
      // a fault may have failed it, and then the next one has to be well
      const again = last?.status === 'succeeded' ? last : (await make(comes)).deployment
      if (again.status !== 'succeeded') violations.push(`${comes}: ${JSON.stringify(again.error)}`)
      await taken(remove(comes), startLive)
      violations.push(
        ...(await settled(startLive, async () => [
          ...(await tracesOf(`${OF}--${comes}`, docker)),
          ...(await imagesOf(digest, docker)),
        ])),
      )
      return { status: last?.status ?? 'unknown', violations }
    },
  }
}

/** Waits until nothing is wrong any more; returns what stays so. */
async function settled(
  startLive: () => Promise<void>,
  wrong: () => Promise<string[]>,
): Promise<string[]> {
  let last: string[] = []
  await waitFor(
    async () => {
      await startLive()
      last = await wrong()
      return last.length === 0
    },
    { what: '', deadlineMs: GONE_MS, everyMs: 100 },
  ).catch(() => {})
  return last
}

/** A sender that got no answer, or an error, sends the same again. */
async function taken<T extends { status: number }>(
  send: () => Promise<T>,
  startLive: () => Promise<void>,
): Promise<T> {
  for (let tries = 0; ; tries++) {
    const answer = await send().catch(() => undefined)
    if (answer !== undefined && answer.status < 300) return answer
    if (tries >= SENDS) throw new Error(`a hook was not taken: ${JSON.stringify(answer)}`)
    await pause(300)
    await startLive()
  }
}

/** All that bears the name of an app. */
async function tracesOf(app: string, docker: Docker): Promise<string[]> {
  const containers = await docker.listContainers({ all: true })
  const { Volumes } = await docker.listVolumes()
  const networks = await docker.listNetworks()
  return [
    ...containers.map(({ Names }) => `container ${Names.join(' ')}`),
    ...Volumes.map(({ Name }) => `volume ${Name}`),
    ...networks.map(({ Name }) => `network ${Name}`),
  ].flatMap((each) => (each.includes(app) ? `left over: ${each}` : []))
}

const imagesOf = async (digest: string, docker: Docker): Promise<string[]> =>
  (await docker.listImages({ all: true }))
    .flatMap(({ RepoDigests }) => RepoDigests ?? [])
    .flatMap((each) => (each.endsWith(digest) ? `left over: image ${each}` : []))
