import { beforeEach, describe, expect, test } from 'vitest'
import type { DockerApp } from '../../../../receiver/core/app.ts'
import { DeployError } from '../../../../receiver/core/errors.ts'
import type { Container } from '../../../../receiver/core/slots/container.ts'
import type { End, TestResult } from '../../../../receiver/core/slots/ports.ts'
import type { Subject } from '../../../../receiver/core/slots/check.ts'
import type { DecidingHealthcheck } from '../../../../receiver/core/slots/healthcheck.ts'
import { waitUntilHealthy, watch } from '../../../../receiver/core/slots/health.ts'
import { APP, createFakeWorld, DIGEST, type FakeWorld } from '../../../support/fake-world.ts'

const { path: _path, ...WITHOUT_PATH } = APP.health
const DEADLINE_MS = 10_000
const TEST: DecidingHealthcheck = { test: ['CMD', 'ready'], timeoutMs: 3000, verdictMs: 8000 }
const away = () => new DeployError('engine_unreachable', 'Docker does not answer')

let world: FakeWorld
let container: Container
/** When the probe was asked. */
let asked: number[]
let progress: string[]
/** What the probe answers, by how often it was asked before: a status, or a failure. */
let answer: (before: number) => number | string | Error
let url: string
let headers: Readonly<Record<string, string>>
let body: string
let location: string | undefined

beforeEach(async () => {
  world = createFakeWorld()
  const image = { repository: APP.image.repository, digest: DIGEST.one }
  const { engine, images } = world.ports
  await images.pull(image, { progress: () => {}, signal: new AbortController().signal })
  const place = {
    slot: 'blue',
    replica: 1,
    address: '10.0.0.2',
    port: 8000,
    volumes: [],
  } as const
  await engine.start({ app: APP, deployment: 'dep_1', generation: 1, ...image, ...place })
  const made = world.containers.get('api-1-blue')
  if (made === undefined) throw new Error('it was not started')
  container = made
  asked = []
  progress = []
  body = ''
  location = undefined
  answer = () => 200
  world.ports.probe = async (request) => {
    const said = answer(asked.length)
    asked.push(world.clock.ms())
    ;({ url, headers } = request)
    if (said instanceof Error) throw said
    if (typeof said === 'string') throw new Error(said)
    return { status: said, body, ...(location === undefined ? {} : { location }) }
  }
})

const subject = (more: Partial<DockerApp> = {}, healthcheck?: DecidingHealthcheck): Subject => ({
  app: { ...APP, ...more },
  container: { ...container },
  ...(healthcheck === undefined ? {} : { healthcheck }),
})
const wait = (which = subject(), signal = new AbortController().signal) =>
  waitUntilHealthy(which, world.ports, { progress: (line) => progress.push(line), signal })
const look = (which = subject(), signal = new AbortController().signal) =>
  watch(which, world.ports, signal)
const pausesOf = (times: readonly number[]) =>
  times.slice(1).map((at, index) => at - (times[index] ?? 0))
const first =
  (...answers: (number | string)[]) =>
  (before: number) =>
    answers[before] ?? 200

describe('a container becomes healthy', () => {
  test('with as many good answers in a row as the app wants', async () => {
    answer = first(200, 503, 200)
    expect(await wait()).toBe('GET /healthz answered 200, after 4 probes')
    const once = { ...APP.health, healthyAfter: 1 }
    asked = []
    answer = first(503)
    expect(await wait(subject({ health: once }))).toBe('GET /healthz answered 200, after 2 probes')
  })

  test('confirmed at once after the first good answer, however slow the probes were by then', async () => {
    answer = (before) => (before < 9 ? 503 : 200)
    await wait()
    expect(pausesOf(asked).at(-1)).toBe(0)
  })

  test('asked at once, soon again, then ever slower up to the interval', async () => {
    answer = () => 503
    await wait().catch(() => {})
    expect(asked[0]).toBe(0)
    const pauses = pausesOf(asked)
    expect(pauses[0]).toBe(10)
    // an app that takes so long is seen a twentieth of it later
    const late = asked.findIndex((at) => at >= 4000)
    expect(pauses[late]).toBeCloseTo((asked[late] ?? 0) * 0.05)
    // the last one is cut short by the deadline
    expect(pauses.slice(0, -1)).toStrictEqual(
      pauses.slice(0, -1).toSorted((one, other) => one - other),
    )
  })

  test('seldomer than its interval never', async () => {
    answer = () => 503
    await wait(subject({ health: { ...APP.health, intervalMs: 100 } })).catch(() => {})
    expect(Math.max(...pausesOf(asked))).toBeCloseTo(100)
  })

  test('and the engine is asked four times a second whether it still runs, however often it is probed', async () => {
    let looks = 0
    const { container: find } = world.ports.engine
    world.ports.engine.container = (name) => {
      looks += 1
      return find(name)
    }
    answer = () => 503
    await wait().catch(() => {})
    world.ports.engine.container = find
    expect(asked.length).toBeGreaterThan(60)
    expect(looks).toBeLessThanOrEqual(2 + DEADLINE_MS / 250)
  })

  test('at its last moment too', async () => {
    answer = () => (world.clock.ms() >= DEADLINE_MS ? 200 : 503)
    const health = { ...APP.health, healthyAfter: 1 }
    expect(await wait(subject({ health }))).toContain('answered 200')
  })

  test('and each new answer is told once', async () => {
    answer = first(503, 503, 'connection refused', 'connection refused', 200)
    await wait()
    expect(progress).toStrictEqual([
      'GET /healthz answered 503',
      'GET /healthz: connection refused',
      'GET /healthz answered 200',
    ])
  })
})

describe('a container that does not become healthy', () => {
  test('is given up at the deadline, with its last answer and its log', async () => {
    answer = () => 503
    body = 'no database'
    await expect(wait()).rejects.toMatchObject({
      code: 'unhealthy',
      message:
        'api was not healthy within 10 s; last answer: GET /healthz answered 503: no database',
      hint: expect.stringContaining('apps.api.health'),
      log: ['listening', 'oh no'],
    })
    expect(world.clock.ms()).toBe(DEADLINE_MS)
    expect(asked.at(-1)).toBe(DEADLINE_MS)
  })

  test('is told what it was asked for, and what asks otherwise', async () => {
    answer = () => 400
    const domains = ['shop.example.com']
    await expect(wait(subject({ domains }))).rejects.toMatchObject({
      hint: expect.stringMatching(
        /Host: shop\.example\.com, .*apps\.api\.health\.headers .*apps\.api\.health\.path/,
      ),
    })
    expect(headers).toMatchObject({ Host: 'shop.example.com', 'X-Forwarded-Proto': 'https' })
  })

  test.for<[string, readonly string[], Partial<DockerApp['health']>, string | undefined, RegExp]>([
    [
      'on loopback',
      ['127.0.0.1 8000'],
      {},
      'it listens on 127.0.0.1:8000 only: listen on 0.0.0.0',
      /all addresses/,
    ],
    [
      'on loopback of both families',
      ['::1 8000', '127.0.0.1 8000'],
      {},
      'it listens on [::1]:8000 and 127.0.0.1:8000 only: listen on 0.0.0.0',
      /all addresses/,
    ],
    [
      'at another port',
      [':: 3000', '127.0.0.1 9229', '0.0.0.0 3000'],
      {},
      'it listens on 3000, not on 8000',
      /apps\.api\.port/,
    ],
    [
      'at another port than that of its health',
      ['0.0.0.0 8000'],
      { port: 9000 },
      'it listens on 8000, not on 9000',
      /apps\.api\.health\.port/,
    ],
    [
      'at another port of loopback',
      ['127.0.0.1 3000'],
      {},
      'it listens on 127.0.0.1:3000, not on 8000',
      /apps\.api\.port/,
    ],
    ['where it should', ['0.0.0.0 8000'], {}, undefined, /sets path, headers, port/],
    ['nowhere', [], {}, undefined, /sets path, headers, port/],
  ])('listens %s', async ([, listening, health, where, hint]) => {
    answer = () => 'connection refused by 10.0.0.2:8000'
    world.ports.listeners = () =>
      listening.map((each) => {
        const [address = '', port] = each.split(' ')
        return { address, port: Number(port) }
      })
    await expect(wait(subject({ health: { ...APP.health, ...health } }))).rejects.toMatchObject({
      message: `api was not healthy within 10 s; last answer: GET /healthz: connection refused by 10.0.0.2:8000${where === undefined ? '' : `; ${where}`}`,
      hint: expect.stringMatching(hint),
    })
  })

  test('is one that redirects to itself', async () => {
    answer = () => 301
    location = 'https://shop.example.com/healthz'
    await expect(wait(subject({ domains: ['shop.example.com'] }))).rejects.toMatchObject({
      message:
        'api was not healthy within 10 s; last answer: GET /healthz answered 301, a redirect to itself (https://shop.example.com/healthz): visitors would go round in circles',
      hint: expect.stringContaining('X-Forwarded-Proto'),
    })
    location = 'https://shop.example.com/login'
    expect(await wait(subject({ domains: ['shop.example.com'] }))).toContain('answered 301')
  })

  test('is given up also when every second answer is good', async () => {
    answer = (before) => (before % 2 === 0 ? 200 : 503)
    await expect(wait()).rejects.toMatchObject({ code: 'unhealthy' })
  })

  test('does not fill the record with what it says', async () => {
    answer = () => 503
    body = 'x'.repeat(300)
    await expect(wait()).rejects.toMatchObject({
      message: expect.stringMatching(/answered 503: x{200}…$/),
    })
  })

  test('is not waited for by a receiver that stops', async () => {
    answer = () => 503
    const stopping = new AbortController()
    world.clock.during = (now) => {
      if (now > 100) stopping.abort(new Error('the receiver stops'))
    }
    await expect(wait(subject(), stopping.signal)).rejects.toThrow('the receiver stops')
    expect(world.clock.ms()).toBeLessThan(DEADLINE_MS)
  })

  test('a probe cut short by a receiver that stops is no answer', async () => {
    const stopping = new AbortController()
    answer = () => {
      stopping.abort(new Error('the receiver stops'))
      return 'aborted'
    }
    await expect(wait(subject(), stopping.signal)).rejects.toThrow('the receiver stops')
    expect(progress).toStrictEqual([])
  })
})

describe('a good answer', () => {
  test.for([
    [199, false, false],
    [200, true, true],
    [302, true, true],
    [399, true, true],
    [400, false, true],
    [404, false, true],
    [499, false, true],
    [500, false, false],
  ] as const)('%d: with a path %s, without one %s', async ([status, withPath, withoutPath]) => {
    answer = () => status
    const isGood = (health: DockerApp['health']) =>
      wait(subject({ health })).then(
        () => true,
        () => false,
      )
    expect(await isGood(APP.health)).toBe(withPath)
    expect(await isGood(WITHOUT_PATH)).toBe(withoutPath)
  })

  test('is asked for at the path and port of the config, else at / and the app’s own', async () => {
    await wait()
    expect(url).toBe('http://10.0.0.2:8000/healthz')
    await wait(subject({ health: { ...WITHOUT_PATH, port: 9000 } }))
    expect(url).toBe('http://10.0.0.2:9000/')
  })
})

describe('a HEALTHCHECK', () => {
  const CHECKED = (healthcheck = TEST, health: DockerApp['health'] = WITHOUT_PATH) =>
    subject({ health }, healthcheck)
  const says = (status: 'starting' | 'healthy' | 'unhealthy', output = '') =>
    Object.assign(container, { health: { status, output } })
  /** When its test was run from outside. */
  let tested: number[]
  const comesTo = (result: () => TestResult) => {
    tested = []
    world.tests.set(container.name, () => {
      tested.push(world.clock.ms())
      return result()
    })
  }

  test('decides alone, and once is enough: it counts its own answers', async () => {
    says('healthy', ' ok\n')
    expect(await wait(CHECKED())).toBe('HEALTHCHECK healthy: ok, after 1 probes')
    expect(asked).toStrictEqual([])
  })

  test('is run at once, and soon again, however seldom the engine runs it', async () => {
    says('starting')
    comesTo(() => ({ exitCode: world.clock.ms() < 5000 ? 1 : 0, output: 'no database' }))
    expect(await wait(CHECKED())).toMatch(/^HEALTHCHECK passes: no database, after \d+ probes$/)
    expect(world.clock.ms()).toBeLessThan(5000 + APP.health.intervalMs)
    expect(tested[0]).toBe(0)
    expect(pausesOf(tested)[0]).toBe(250)
    expect(Math.max(...pausesOf(tested))).toBeLessThanOrEqual(APP.health.intervalMs)
    expect(progress).toStrictEqual([
      'HEALTHCHECK exited with code 1: no database',
      'HEALTHCHECK passes: no database',
    ])
  })

  test('is the engine’s alone when nothing can be run in the container', async () => {
    world.clock.during = (now) => void says(now < 5000 ? 'starting' : 'healthy')
    comesTo(() => {
      throw new DeployError('start_failed', 'exec is not allowed')
    })
    expect(await wait(CHECKED())).toContain('HEALTHCHECK healthy')
    expect(progress[0]).toBe('HEALTHCHECK starting: exec is not allowed')
  })

  test('cannot be asked while the engine is away', async () => {
    comesTo(() => {
      throw away()
    })
    await expect(wait(CHECKED())).rejects.toMatchObject({ code: 'engine_unreachable' })
    expect(await look(CHECKED())).toBe('steady for 3 s')
  })

  test('is waited for up to the deadline that is configured', async () => {
    says('unhealthy', 'no database')
    await expect(wait(CHECKED({ ...TEST, verdictMs: 180_000 }))).rejects.toMatchObject({
      message:
        'api was not healthy within 10 s; last answer: HEALTHCHECK exited with code 1: no database',
    })
  })

  test.for([
    ['a minute', 8000, 60],
    ['as long as it takes to its own verdict', 270_000, 270],
  ] as const)('without one is waited for %s', async ([, verdictMs, seconds]) => {
    const { deadlineMs: _, ...health } = WITHOUT_PATH
    await expect(wait(CHECKED({ ...TEST, verdictMs }, health))).rejects.toMatchObject({
      message: expect.stringContaining(`api was not healthy within ${seconds} s`),
    })
    expect(world.clock.ms()).toBe(seconds * 1000)
  })

  test('whose test does not end is told as that', async () => {
    comesTo(() => ({ exitCode: undefined, output: '' }))
    await expect(wait(CHECKED())).rejects.toMatchObject({
      message: expect.stringContaining('HEALTHCHECK did not end within 3 s'),
    })
  })

  test.for([
    [126, 'exec: "curl": executable file not found in $PATH: unknown'],
    [127, ''],
    [1, '/bin/sh: curl: not found\n'],
  ] as const)(
    'whose program is not in the image is told as that: %d %s',
    async ([exitCode, output]) => {
      comesTo(() => ({ exitCode, output }))
      await expect(wait(CHECKED())).rejects.toMatchObject({
        hint: expect.stringMatching(/the image seems not to have .* set apps\.api\.health\.path/),
      })
    },
  )

  test('that the engine has not run yet swaps nothing back', async () => {
    says('starting')
    comesTo(() => ({ exitCode: 0, output: '' }))
    expect(await look(CHECKED())).toBe('steady for 3 s')
    comesTo(() => ({ exitCode: 1, output: 'no database' }))
    await expect(look(CHECKED())).rejects.toMatchObject({
      code: 'unhealthy',
      message: expect.stringContaining('HEALTHCHECK exited with code 1: no database'),
    })
  })

  test('that fails when it is run by the engine may pass by now', async () => {
    says('unhealthy', 'no database yet')
    comesTo(() => ({ exitCode: 0, output: '' }))
    expect(await wait(CHECKED())).toBe('HEALTHCHECK passes, after 1 probes')
    expect(await look(CHECKED())).toBe('steady for 3 s')
  })
})

describe('a worker', () => {
  test('is healthy when it ran for as many intervals as it needs good answers', async () => {
    expect(await wait(subject({ http: false, health: WITHOUT_PATH }))).toBe(
      'it runs, after 2 probes',
    )
    expect(world.clock.ms()).toBe(APP.health.intervalMs)
    expect(asked).toStrictEqual([])
  })

  test('with a HEALTHCHECK is as healthy as that says', async () => {
    Object.assign(container, { health: { status: 'unhealthy', output: '' } })
    const worker = subject({ http: false, health: WITHOUT_PATH }, TEST)
    await expect(wait(worker)).rejects.toMatchObject({ code: 'unhealthy' })
  })
})

describe('a container that does not run any more', () => {
  test.for<[string, Partial<Container>, End | undefined, string]>([
    ['ended', { running: false, exitCode: 3 }, undefined, 'exited with code 3'],
    [
      'is about to be restarted',
      { running: false, exitCode: 3, restarts: 1 },
      undefined,
      'exited with code 3 and was restarted once',
    ],
    [
      'was restarted',
      { restarts: 2 },
      { exitCode: 3, oomKilled: false },
      'exited with code 3 and was restarted 2 times',
    ],
    [
      'was restarted, which nobody remembers',
      { restarts: 2 },
      undefined,
      'stopped and was restarted 2 times',
    ],
    [
      'used too much memory',
      { running: false, exitCode: 137, oomKilled: true },
      undefined,
      'was killed for using more than its memory limit (exit code 137)',
    ],
    [
      'used too much memory and was restarted',
      { restarts: 1 },
      { exitCode: 137, oomKilled: true },
      'was killed for using more than its memory limit (exit code 137) and was restarted once',
    ],
  ])('that %s fails at once', async ([, change, end, words]) => {
    Object.assign(container, change)
    if (end !== undefined) world.ends.set(container.name, end)
    const expected = {
      code: 'exited',
      message: `the container of api ${words}`,
      log: ['listening', 'oh no'],
    }
    await expect(wait()).rejects.toMatchObject(expected)
    await expect(look()).rejects.toMatchObject(expected)
    expect([asked, world.clock.ms()]).toStrictEqual([[], 0])
  })

  test('that someone removed is told as that', async () => {
    world.containers.clear()
    await expect(wait()).rejects.toMatchObject({
      code: 'exited',
      message: 'the container api-1-blue is gone: someone removed it',
    })
  })

  test.for([
    [undefined, 'it has printed nothing'],
    ['local', 'it has printed nothing'],
    ['none', 'it has no log: apps.api.logging has the driver none, which keeps nothing'],
    ['syslog', 'Docker has no lines of it: apps.api.logging sends them to syslog'],
  ])('is not told to look at a log that is not there: %s', async ([driver, hint]) => {
    Object.assign(container, { running: false, exitCode: 3 })
    world.ports.engine.logs = async () => []
    const logging = driver === undefined ? {} : { logging: { driver, options: {} } }
    const settings = { container: { ...APP.container, ...logging } }
    await expect(wait(subject(settings))).rejects.toMatchObject({ hint, log: [] })
    Object.assign(container, { running: true, exitCode: 0 })
    answer = () => 503
    await expect(wait(subject(settings))).rejects.toMatchObject({
      hint: expect.stringContaining(`${hint}; it was asked with Host`),
    })
    await expect(look(subject(settings))).rejects.toMatchObject({
      hint: expect.stringContaining(hint ?? ''),
    })
  })

  test('is told what to do about it', async () => {
    Object.assign(container, { running: false, oomKilled: true })
    await expect(wait()).rejects.toMatchObject({ hint: expect.stringContaining('mem_limit') })
    Object.assign(container, { oomKilled: false })
    await expect(wait()).rejects.toMatchObject({ hint: 'look at what it printed last' })
    world.ports.engine.logs = async () => ['exec /app: exec format error\n']
    await expect(wait()).rejects.toMatchObject({ hint: expect.stringContaining('platforms:') })
  })
})

describe('after the swap', () => {
  test('a steady container is looked at to the end of its watch, and probed at the interval', async () => {
    expect(await look()).toBe('steady for 3 s')
    expect(world.clock.ms()).toBe(APP.watchMs)
    expect(asked).toStrictEqual([0, 2000])
  })

  test('three failures in a row end it, soon after the first', async () => {
    answer = () => 503
    await expect(look()).rejects.toMatchObject({
      code: 'unhealthy',
      message:
        'api failed 3 health checks in a row after the swap; last answer: GET /healthz answered 503',
      log: ['listening', 'oh no'],
    })
    expect(asked).toStrictEqual([0, 250, 500])
  })

  test('two failures do not, nor do more of them with a good answer between', async () => {
    answer = first(503, 503, 200, 503, 503)
    expect(await look(subject({ watchMs: 20_000 }))).toBe('steady for 20 s')
  })

  test('a failure is not forgotten before a good answer', async () => {
    // late in the watch, after good ones
    answer = (before) => (before < 3 ? 200 : 503)
    await expect(look(subject({ watchMs: 20_000 }))).rejects.toMatchObject({ code: 'unhealthy' })
    expect(asked).toStrictEqual([0, 2000, 4000, 6000, 6250, 6500])
  })

  test('an exit between two probes ends it', async () => {
    world.clock.during = (now) => {
      if (now >= 750) Object.assign(container, { running: false, exitCode: 1 })
    }
    await expect(look()).rejects.toMatchObject({ code: 'exited' })
    expect(world.clock.ms()).toBe(750)
  })

  test('an engine that is away says nothing about the container', async () => {
    world.ports.engine.container = () => Promise.reject(away())
    expect(await look()).toBe('steady for 3 s')
  })

  test('an engine that comes back in time shows what became of it', async () => {
    const { container: really } = world.ports.engine
    world.ports.engine.container = (name) =>
      world.clock.ms() < 1000 ? Promise.reject(away()) : really(name)
    Object.assign(container, { running: false, exitCode: 1 })
    await expect(look()).rejects.toMatchObject({ code: 'exited' })
  })

  test('another failure of the engine is not taken for its absence', async () => {
    world.ports.engine.container = () => Promise.reject(new Error('a defect'))
    await expect(look()).rejects.toThrow('a defect')
  })

  test('no watch is no probe', async () => {
    answer = () => 503
    expect(await look(subject({ watchMs: 0 }))).toBe('steady for 0 s')
    expect(asked).toStrictEqual([])
  })

  test('it stops when the receiver does', async () => {
    const stopping = new AbortController()
    world.clock.during = () => stopping.abort(new Error('the receiver stops'))
    await expect(look(subject(), stopping.signal)).rejects.toThrow('the receiver stops')
  })
})
