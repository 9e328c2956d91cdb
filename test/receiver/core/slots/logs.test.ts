import { expect, onTestFinished, test } from 'vitest'
import type { AppSpec } from '../../../../receiver/core/app.ts'
import { createFeed } from '../../../../receiver/core/feed.ts'
import type { StoredDeployment } from '../../../../receiver/core/journal.ts'
import { reconcile } from '../../../../receiver/core/reconcile.ts'
import type { LogLine } from '../../../../receiver/core/slots/printed.ts'
import { type LogOptions, readLogs } from '../../../../receiver/core/slots/logs.ts'
import { systemClock } from '../../../../receiver/edges/clock.ts'
import { APP, createFakeWorld, DIGEST } from '../../../support/fake-world.ts'

const at = (second: number) => `2026-01-01T00:00:0${second}.000000000Z`

/** A world in which containers print what they are told to, and an engine that may be away. */
async function open(app: AppSpec = APP) {
  const world = createFakeWorld()
  const feed = createFeed()
  const printed = new Map<string, LogLine[]>()
  const opened: string[] = []
  let wake = Promise.withResolvers<void>()
  const changed = () => {
    wake.resolve()
    wake = Promise.withResolvers()
  }
  const isOpen = new Map<string, boolean>()
  world.ports.engine.lines = async function* (name, { tail, since = '', follow, signal }) {
    opened.push(name)
    isOpen.set(name, true)
    const lines = printed.get(name) ?? []
    const wanted = lines.filter((line) => line.at >= since)
    yield* wanted.slice(tail === undefined ? 0 : Math.max(0, wanted.length - tail))
    for (let next = lines.length; follow && isOpen.get(name);) {
      signal.throwIfAborted()
      const line = lines[next]
      if (line === undefined) {
        await Promise.race([wake.promise, abortOf(signal)])
        continue
      }
      next += 1
      yield line
    }
  }
  const ending = new AbortController()
  onTestFinished(() => ending.abort())
  const print = (name: string, second: number, text: string) => {
    printed.set(name, printed.get(name) ?? [])
    printed.get(name)?.push({ at: at(second), text })
    changed()
  }
  const deploy = async (id: string, digest: string) => {
    world.accept({ id, digest })
    await reconcile(app, world.ports, ending.signal)
  }
  await deploy('dep_1', DIGEST.one)
  const ports = {
    ...world.ports,
    feed,
    clock: systemClock,
    redactLog: () => (<T>(value: T) => String(value).replaceAll('secret', '[KEY]') as T) as never,
  }
  return {
    world,
    opened,
    print,
    deploy,
    end: () => ending.abort(new Error('Ctrl-C')),
    /** Its log was cut, while the container runs on. */
    cut(name: string) {
      isOpen.set(name, false)
      changed()
    },
    changed: () => feed.changed('api'),
    read: (options: LogOptions, of = 'dep_1') =>
      readLogs(world.store.get(of) as StoredDeployment, options, ports, ending.signal),
  }
}

const abortOf = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))

async function allOf<T>(those: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const each of those) all.push(each)
  return all
}

test('the lines of all replicas come in one order, without secrets', async () => {
  const { print, read } = await open({ ...APP, replicas: 2 })
  print('api-1-blue', 1, 'one')
  print('api-1-blue-2', 2, 'a secret')
  print('api-1-blue', 3, 'three')
  expect(await allOf(read({}))).toEqual([
    { kind: 'of', deployment: 'dep_1', replicas: 2, from: 'containers' },
    { kind: 'line', replica: 1, at: at(1), text: 'one' },
    { kind: 'line', replica: 2, at: at(2), text: 'a [KEY]' },
    { kind: 'line', replica: 1, at: at(3), text: 'three' },
  ])
  expect(await allOf(read({ tail: 1, since: at(2) }))).toMatchObject([
    { kind: 'of' },
    { text: 'a [KEY]' },
    { text: 'three' },
  ])
})

test('of containers that are gone it is what was kept', async () => {
  const { print, read, deploy } = await open()
  for (const second of [1, 2, 3]) print('api-1-blue', second, String(second))
  await deploy('dep_2', DIGEST.two)
  expect(await allOf(read({}))).toMatchObject([
    { kind: 'of', deployment: 'dep_1', replicas: 1, from: 'kept' },
    { text: '1' },
    { text: '2' },
    { text: '3' },
  ])
  expect(await allOf(read({ tail: 1 }))).toMatchObject([{ kind: 'of' }, { text: '3' }])
  expect(await allOf(read({ since: at(2) }))).toMatchObject([
    { kind: 'of' },
    { text: '2' },
    { text: '3' },
  ])
  // of one that ended nothing more comes
  expect(await allOf(read({ follow: 'it' }))).toHaveLength(4)
})

test('following goes on over a cut, a swap, and ends at once when it is told to', async () => {
  const { print, cut, read, deploy, changed, end, opened, world } = await open()
  print('api-1-blue', 1, 'before')
  const reading = read({ follow: 'live', tail: 5 })
  const next = async () => (await reading.next()).value as object
  expect([await next(), await next()]).toMatchObject([{ deployment: 'dep_1' }, { text: 'before' }])
  const waiting = next()
  print('api-1-blue', 2, 'then')
  expect(await waiting).toMatchObject({ text: 'then' })
  // an engine that was away, for one: nothing is told twice
  const again = next()
  await expect.poll(() => opened).toHaveLength(2)
  cut('api-1-blue')
  await expect.poll(() => opened).toHaveLength(3)
  print('api-1-blue', 3, 'again')
  expect(await again).toMatchObject({ text: 'again' })

  print('api-2-green', 4, 'new')
  const swap = next()
  await deploy('dep_2', DIGEST.two)
  changed()
  expect(await swap).toEqual({
    kind: 'of',
    deployment: 'dep_2',
    replicas: 1,
    from: 'containers',
  })
  expect(await next()).toMatchObject({ kind: 'line', text: 'new' })
  expect([...world.containers.keys()]).toEqual(['api-2-green'])
  const ended = reading.next()
  end()
  expect(await ended).toMatchObject({ done: true })
})
