import * as fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { createEngine } from '../../../../receiver/edges/docker/engine.ts'
import { systemClock } from '../../../../receiver/edges/clock.ts'
import { releaseLabels } from '../../../../receiver/edges/docker/labels.ts'
import { choosePort } from '../../../../receiver/core/slots/containers.ts'
import {
  decidingHealthcheck,
  healthDeadlineMs,
} from '../../../../receiver/core/slots/healthcheck.ts'
import { MAX_DURATION_MS } from '../../../../protocol/duration.ts'
import { APP, DIGEST } from '../../../support/fake-world.ts'
import { json, startDockerApi, type DockerAnswers } from '../../../support/fakes/docker-api.ts'
import { fixedLogin } from '../../../support/fixed-login.ts'
import { homeOn } from '../../../support/home.ts'

const { path: _path, ...WITHOUT_PATH } = APP.health
const { deadlineMs: _deadlineMs, ...WITHOUT_DEADLINE } = WITHOUT_PATH
const IMAGE = { repository: APP.image.repository, digest: DIGEST.one }
const NETWORK = 'deploy'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** The receiver's view of a Docker that answers so. */
async function engineOn(answers: DockerAnswers) {
  const api = await startDockerApi(answers)
  closing.push(api.close)
  const credentials = fixedLogin({ username: 'u', password: 'p' })
  return createEngine({
    docker: api.docker,
    home: homeOn(NETWORK),
    credentials,
    clock: systemClock,
  })
}

test('an image is taken as it is described, or refused in words, whatever its config says', async () => {
  const port = fc.oneof(
    fc.constantFrom('8000/tcp', '8000', '53/udp', '99999/tcp', '8000-8010/tcp', 'http', '', '-1'),
    fc.string(),
  )
  const time = fc.oneof(fc.constantFrom(undefined, null, '5s', -1, 1e30), fc.maxSafeInteger())
  const config = fc.oneof(
    fc.constantFrom(null, undefined),
    fc.record(
      {
        ExposedPorts: fc.oneof(fc.constant(null), fc.dictionary(port, fc.constant({}))),
        Healthcheck: fc.oneof(
          fc.constant(null),
          fc.record({
            Test: fc.oneof(
              fc.constantFrom(null, 'NONE', 7, ['CMD', 'ready'], ['CMD-SHELL', 7]),
              fc.array(fc.string()),
            ),
            Interval: time,
            Timeout: time,
            StartPeriod: time,
            Retries: time,
          }),
        ),
      },
      { requiredKeys: [] },
    ),
  )
  let shown: unknown
  const images = await engineOn((_, response) => json(response, { Config: shown }))
  await fc.assert(
    fc.asyncProperty(config, async (said) => {
      shown = said
      const { ports, healthcheck } = await images.image(IMAGE)
      const decides = decidingHealthcheck({ ...APP, health: WITHOUT_PATH }, healthcheck)
      if (decides !== undefined) {
        expect(['CMD', 'CMD-SHELL']).toContain(decides.test[0])
        expect(decides.timeoutMs).toBeGreaterThan(0)
        expect(decides.verdictMs).toBeGreaterThan(0)
        const deadlineMs = healthDeadlineMs({ ...APP, health: WITHOUT_DEADLINE }, decides)
        expect(deadlineMs).toBeLessThanOrEqual(MAX_DURATION_MS)
      }
      for (const each of ports) expect(each >= 1 && each <= 65_535).toBe(true)
      const { port: _, ...app } = APP
      const chosen = await choosePort(app, IMAGE, { images }).catch((error: unknown) => error)
      expect(chosen).toEqual(
        ports.length === 1 ? ports[0] : expect.objectContaining({ code: 'no_port' }),
      )
    }),
  )
})

test('an image that EXPOSEs all ports is refused in a short message', async () => {
  const all = Object.fromEntries(Array.from({ length: 65_535 }, (_, at) => [`${at + 1}/tcp`, {}]))
  const images = await engineOn((_, response) => json(response, { Config: { ExposedPorts: all } }))
  const { port: _, ...app } = APP
  const error = await choosePort(app, IMAGE, { images }).catch((each: Error) => each)
  expect((error as Error).message).toMatch(/EXPOSEs 65535 ports: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10$/)
})

test('a release command is no container of the app, whatever labels its image has', async () => {
  const plan = {
    app: APP,
    generation: 1,
    ...IMAGE,
    command: ['migrate'],
    timeoutMs: 1000,
    volumes: [],
  }
  // Docker lays a container's labels over its image's
  const labels = { 'deploy-receiver.slot': 'green', ...releaseLabels(homeOn(NETWORK), plan) }
  const engine = await engineOn(({ path }, response) =>
    path.endsWith('/containers/json')
      ? json(response, [{ Id: 'abc', Names: ['/deploy-api-1-release'], Labels: labels }])
      : false,
  )
  expect(await engine.containers('api')).toEqual([])
})

test('a container is shown, or is not to be had, whatever came of it', async () => {
  const state = fc.record(
    {
      Running: fc.boolean(),
      Paused: fc.boolean(),
      Restarting: fc.boolean(),
      OOMKilled: fc.boolean(),
      ExitCode: fc.integer(),
      Pid: fc.nat(),
      Health: fc.oneof(
        fc.constant(null),
        fc.record({
          Status: fc.constantFrom('starting', 'healthy', 'unhealthy', 'none', ''),
          Log: fc.oneof(
            fc.constant(null),
            fc.array(fc.record({ Output: fc.string({ unit: 'binary' }) })),
          ),
        }),
      ),
    },
    { requiredKeys: ['Running', 'ExitCode', 'Pid'] },
  )
  let shown: unknown
  const engine = await engineOn((_, response) => json(response, shown))
  const labels = fc.dictionary(fc.string(), fc.string())
  await fc.assert(
    fc.asyncProperty(state, labels, async (State, Labels) => {
      const NetworkSettings = { Networks: {} }
      shown = {
        Id: 'abc',
        Name: '/api',
        Config: { Labels },
        State,
        RestartCount: 0,
        NetworkSettings,
      }
      expect(await engine.container('api')).toMatchObject({ name: 'api', running: false })
    }),
  )
})
