import { beforeEach, expect, test } from 'vitest'
import type { DockerApp } from '../../../../receiver/core/app.ts'
import type { Container } from '../../../../receiver/core/slots/container.ts'
import { resumeVisitors } from '../../../../receiver/core/slots/resume-visitors.ts'
import { APP, createFakeWorld, type FakeWorld } from '../../../support/fake-world.ts'

const OLD = { address: '10.0.0.2', port: 8000 } as Container

let world: FakeWorld
let asked: string[]
let answer: () => number
beforeEach(() => {
  world = createFakeWorld()
  world.flag.paused = true
  asked = []
  answer = () => 200
  world.ports.probe = async ({ url }) => {
    asked.push(url)
    return { status: answer(), body: '' }
  }
})

const run = (app: DockerApp = APP, signal = new AbortController().signal) =>
  resumeVisitors(app, OLD, world.ports, signal)

test('visitors are let through as soon as the old container answers', async () => {
  await run()
  expect(world.flag.paused).toBe(false)
  expect(asked).toStrictEqual(['http://10.0.0.2:8000/healthz'])
  expect(world.clock.ms()).toBe(0)
})

test('it is asked where the app says that its health is told', async () => {
  const { path: _path, ...health } = APP.health
  await run({ ...APP, health: { ...health, port: 9000 } })
  expect(asked).toStrictEqual(['http://10.0.0.2:9000/'])
})

test.for([499, 404, 302])('an answer %d shows that it is up', async (status) => {
  answer = () => status
  await run()
  expect(asked).toHaveLength(1)
})

test('it is asked again while it fails, or does not answer', async () => {
  const answers = [500, 503, 'refused', 200]
  answer = () => {
    const next = answers.shift()
    if (typeof next === 'string') throw new Error(next)
    return next ?? 200
  }
  await run()
  expect(asked).toHaveLength(4)
  expect(world.clock.ms()).toBe(300)
  expect(world.flag.paused).toBe(false)
})

test('visitors get what there is after half a minute', async () => {
  answer = () => 500
  await run()
  expect(world.flag.paused).toBe(false)
  expect(world.clock.ms()).toBe(30_000)
})

test('nothing is asked when nobody was made to wait', async () => {
  world.flag.paused = false
  await run()
  expect([asked, world.calls]).toStrictEqual([[], []])
})

test('a receiver that stops leaves the pause, which the next start ends', async () => {
  answer = () => 500
  const stopping = new AbortController()
  world.clock.during = () => stopping.abort(new Error('the receiver stops'))
  await expect(run(APP, stopping.signal)).rejects.toThrow('the receiver stops')
  expect(world.flag.paused).toBe(true)
})
