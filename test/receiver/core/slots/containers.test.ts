import { describe, expect, test } from 'vitest'
import { addressesOf, choosePort, startAll } from '../../../../receiver/core/slots/containers.ts'
import type { ContainerPlan } from '../../../../receiver/core/slots/ports.ts'
import { APP, DIGEST } from '../../../support/fake-world.ts'

const TWINS = { ...APP, replicas: 2 }
const { port: _port, ...WITHOUT_PORT } = APP
const IMAGE = { repository: 'registry.example/acme/api', digest: DIGEST.one }
const record = {
  address: (app: string, slot: string, replica: number) => `${app}/${slot}/${replica}`,
}

test('each replica is started at its address, with its own volumes', async () => {
  const plans: ContainerPlan[] = []
  const volumes = [1, 2].map((replica) => ({ path: '/data', replica, volume: `data-${replica}` }))
  const plan = {
    app: TWINS,
    deployment: 'dep_1',
    generation: 7,
    slot: 'green' as const,
    ...IMAGE,
    port: 8000,
    volumes,
  }
  const engine = { start: async (each: ContainerPlan) => void plans.push(each) }
  const ports = { engine, record } as unknown as Parameters<typeof startAll>[2]
  await startAll(plan, { standing: [] }, ports, new AbortController().signal)
  expect(plans).toStrictEqual(
    [1, 2].map((replica) => ({
      ...plan,
      replica,
      address: `api/green/${replica}`,
      volumes: [volumes[replica - 1]],
    })),
  )
})

test('the addresses of a slot are named in the order of its replicas', () => {
  const ports = { record } as unknown as Parameters<typeof addressesOf>[2]
  expect(addressesOf(TWINS, 'blue', ports)).toBe('api/blue/1, api/blue/2')
  expect(addressesOf(APP, 'green', ports)).toBe('api/green/1')
})

describe('the port', () => {
  const choose = (app: typeof APP, exposed: number[]) => {
    const images = { image: async () => ({ ports: exposed }) }
    return choosePort(app, IMAGE, { images } as unknown as Parameters<typeof choosePort>[2])
  }

  test.each<[string, typeof APP, number[], number]>([
    ['of the config is taken whatever the image says', APP, [1, 2], 8000],
    ['is the only one that the image EXPOSEs', WITHOUT_PORT, [3000], 3000],
    ['of a worker is none', { ...APP, http: false }, [3000], 0],
  ])('%s', async (_what, app, exposed, port) => {
    expect(await choose(app, exposed)).toBe(port)
  })

  test.each<[number[], string]>([
    [[], `${IMAGE.repository}@${DIGEST.one} EXPOSEs no port`],
    [[1, 2], `${IMAGE.repository}@${DIGEST.one} EXPOSEs 2 ports: 1, 2`],
    [
      Array.from({ length: 12 }, (_, at) => at + 1),
      `${IMAGE.repository}@${DIGEST.one} EXPOSEs 12 ports: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10`,
    ],
  ])('is asked for when the image EXPOSEs %j', async (exposed, message) => {
    await expect(choose(WITHOUT_PORT, exposed)).rejects.toMatchObject({
      code: 'no_port',
      message,
      hint: 'set apps.api.port to the port that the app listens on',
    })
  })
})
