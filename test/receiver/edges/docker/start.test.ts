import { afterEach, expect, test } from 'vitest'
import { DeployError } from '../../../../receiver/core/errors.ts'
import type { ContainerPlan } from '../../../../receiver/core/slots/ports.ts'
import { systemClock } from '../../../../receiver/edges/clock.ts'
import { createEngine } from '../../../../receiver/edges/docker/engine.ts'
import { labelsOf } from '../../../../receiver/edges/docker/labels.ts'
import { APP, DIGEST } from '../../../support/fake-world.ts'
import { json, startDockerApi } from '../../../support/fakes/docker-api.ts'
import { homeOn } from '../../../support/home.ts'

const home = homeOn('deploy')
const plan: ContainerPlan = {
  app: APP,
  deployment: 'dep_2',
  generation: 2,
  slot: 'green',
  replica: 1,
  repository: APP.image.repository,
  digest: DIGEST.two,
  address: '10.0.0.11',
  port: 8000,
  volumes: [],
}
const NAME = 'deploy-api-2-green'

let close = () => {}
afterEach(() => close())

/** An engine that knows the container, or has it once it was created. */
async function engineWith({ isThere, starts = 204 }: { isThere: boolean; starts?: number }) {
  let there = isThere
  const shown = {
    Id: 'abc',
    Name: `/${NAME}`,
    Config: { Labels: labelsOf(home, plan) },
    HostConfig: {},
    State: { Running: true, Pid: 7, ExitCode: 0, OOMKilled: false },
    RestartCount: 0,
    NetworkSettings: { Networks: { deploy: { IPAMConfig: { IPv4Address: plan.address } } } },
    Mounts: [],
  }
  const api = await startDockerApi(({ method, path }, response) => {
    if (method === 'DELETE') return json(response, {}, 204)
    if (path.endsWith('/start')) {
      return starts === 204
        ? void response.writeHead(204).end()
        : json(response, { message: 'no' }, starts)
    }
    if (path.endsWith('/containers/create')) {
      if (there) return json(response, { message: 'Conflict. The container name is in use' }, 409)
      there = true
      return json(response, { Id: 'abc' }, 201)
    }
    return there ? json(response, shown) : false
  })
  close = api.close
  const engine = createEngine({
    docker: api.docker,
    home,
    credentials: undefined as never,
    clock: systemClock,
  })
  const calls = () =>
    api.calls.map((each) => each.replace(/ \S*\/containers/, '').replace(NAME, 'it'))
  return { engine, calls }
}

test('of one that nobody saw is three calls, the last of which shows it', async () => {
  const { engine, calls } = await engineWith({ isThere: false })
  const started = await engine.start(plan, { isThere: false })
  expect(started).toMatchObject({ name: NAME, generation: 2, running: true, pid: 7 })
  expect(calls()).toStrictEqual(['POST/create', 'POST/it/start', 'GET/it/json'])
})

test('of one that is there all the same goes on with it', async () => {
  const { engine, calls } = await engineWith({ isThere: true })
  expect(await engine.start(plan, { isThere: false })).toMatchObject({ name: NAME })
  expect(calls()).toStrictEqual([
    'POST/create',
    'GET/it/json',
    'GET/it/json',
    'POST/it/start',
    'GET/it/json',
  ])
})

test('waits until it may, with the container made', async () => {
  const { engine, calls } = await engineWith({ isThere: false })
  const { promise, resolve } = Promise.withResolvers<void>()
  const started = engine.start(plan, { isThere: false, ready: promise })
  await expect.poll(calls).toStrictEqual(['POST/create'])
  resolve()
  await started
  expect(calls()).toContain('POST/it/start')
})

test('that may not be leaves nothing, and says why', async () => {
  const { engine, calls } = await engineWith({ isThere: false })
  const ready = Promise.reject(new DeployError('not_served', 'Nginx does not serve it'))
  ready.catch(() => {})
  await expect(engine.start(plan, { isThere: false, ready })).rejects.toMatchObject({
    code: 'not_served',
  })
  expect(calls()).toStrictEqual(['POST/create', 'DELETE/it'])
})

test('that fails removes what it made, and nothing that was there', async () => {
  const made = await engineWith({ isThere: false, starts: 500 })
  await expect(made.engine.start(plan, { isThere: false })).rejects.toMatchObject({
    code: 'start_failed',
  })
  expect(made.calls()).toContain('DELETE/it')
  close()
  const there = await engineWith({ isThere: true, starts: 500 })
  await expect(there.engine.start(plan)).rejects.toMatchObject({ code: 'start_failed' })
  expect(there.calls()).not.toContain('DELETE/it')
})
