import type Docker from 'dockerode'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { systemClock } from '../../../../receiver/edges/clock.ts'
import { withDeadlines } from '../../../../receiver/edges/docker/deadlines.ts'
import { followEvents } from '../../../../receiver/edges/docker/events.ts'
import { pull } from '../../../../receiver/edges/docker/pull.ts'
import { APP, DIGEST } from '../../../support/fake-world.ts'
import { json, startDockerApi } from '../../../support/fakes/docker-api.ts'
import { homeOn } from '../../../support/home.ts'
import { releaseLabels } from '../../../../receiver/edges/docker/labels.ts'
import type { ReleasePlan } from '../../../../receiver/core/slots/ports.ts'

const IMAGE = { repository: APP.image.repository, digest: DIGEST.one }
let close = () => {}
afterEach(() => {
  close()
  vi.useRealTimers()
})

describe('a pull', () => {
  /** Of an engine whose answer begins and ends so. */
  async function pulling(says: string | undefined, { ends = true, silenceMs = 60_000 } = {}) {
    const api = await startDockerApi(({ path }, response) => {
      if (!path.endsWith('/images/create')) {
        const known = `${IMAGE.repository}@${IMAGE.digest}`
        return json(response, { RepoDigests: [known] })
      }
      if (says === undefined) return
      response.write(says)
      if (ends) response.end()
    })
    close = api.close
    const lines: string[] = []
    await pull(api.docker, IMAGE, {
      login: undefined,
      clock: { ...systemClock, ms: () => lines.length * 1000 },
      progress: ({ message }) => void lines.push(message),
      signal: new AbortController().signal,
      silenceMs,
    })
    return lines
  }

  test.each([
    ['never begins', undefined],
    ['says nothing', '\n'],
    ['drips a line that never ends', '{"status":"Downloading'],
  ])('that %s is given up', async (_, says) => {
    await expect(pulling(says, { ends: false, silenceMs: 200 })).rejects.toMatchObject({
      code: 'registry_unreachable',
      message: expect.stringContaining('nothing was heard of the pull for 0.2 s'),
    })
  })

  test('that ends with what is no JSON fails with the beginning of it', async () => {
    const error = await pulling(`<html>${'x'.repeat(200_000)}`).catch((each: Error) => each)
    expect(error).toMatchObject({ code: 'pull_failed' })
    expect((error as Error).message).toContain('<html>xxx')
    expect((error as Error).message.length).toBeLessThan(2000)
  })

  test('that breaks off is no success', async () => {
    const api = await startDockerApi((_, response) => {
      response.write('{"status":"Pulling"}\n')
      setImmediate(() => response.destroy())
    })
    close = api.close
    const pulled = pull(api.docker, IMAGE, {
      login: undefined,
      clock: systemClock,
      progress: () => {},
      signal: new AbortController().signal,
    })
    await expect(pulled).rejects.toMatchObject({ code: 'engine_unreachable' })
  })

  test('that goes well is none of these', async () => {
    await expect(pulling('{"status":"Pulling"}\r\n{"status":"Done"}')).resolves.toEqual([])
  })
})

test('events that cannot be read are looked at, and those after them are heard', async () => {
  const actor = releaseLabels(homeOn('deploy'), { app: APP, generation: 1 } as ReleasePlan)
  const paused = JSON.stringify({ Action: 'pause', Actor: { Attributes: actor } })
  let asked = 0
  const api = await startDockerApi((_, response) => {
    asked++
    response.write(asked <= 2 ? `{"Action":"${'x'.repeat(200_000)}"}\n` : `${paused}\n`)
  })
  close = api.close
  const stopping = new AbortController()
  const happened = await new Promise<{ kind: string; looks: number }>((resolve) => {
    let looks = 0
    void followEvents(
      {
        docker: api.docker,
        home: homeOn('deploy'),
        clock: { ...systemClock, sleep: async () => {} },
      },
      { connected: () => void looks++, happened: ({ kind }) => resolve({ kind, looks }) },
      stopping.signal,
    )
  })
  stopping.abort()
  expect(happened.kind).toBe('paused')
  expect(happened.looks).toBeGreaterThan(0)
})

test('events of another installation are not heard, though it has an app of that name', async () => {
  const paused = (id: string, generation: number) => {
    const home = { network: 'deploy', installation: { id, knows: () => false } }
    const labels = releaseLabels(home, { app: APP, generation } as ReleasePlan)
    return `${JSON.stringify({ Action: 'pause', Actor: { Attributes: labels } })}\n`
  }
  const api = await startDockerApi((_, response) => {
    response.write(`${paused('another', 1)}${paused(homeOn('deploy').installation.id, 2)}`)
  })
  close = api.close
  const stopping = new AbortController()
  const first = await new Promise<number>((resolve) => {
    void followEvents(
      { docker: api.docker, home: homeOn('deploy'), clock: systemClock },
      { connected: () => {}, happened: ({ generation }) => resolve(generation) },
      stopping.signal,
    )
  })
  stopping.abort()
  expect(first).toBe(2)
})

test('a stream that never begins ends with an error, and one that begins is left alone', async () => {
  vi.useFakeTimers()
  const asked: ((error: unknown, data: unknown) => void)[] = []
  const docker = withDeadlines({
    modem: { dial: (_: object, done: (error: unknown, data: unknown) => void) => asked.push(done) },
  } as unknown as Docker)
  const dialled = vi.fn<(error: unknown, data?: unknown) => void>()
  const call = { path: '/events?', method: 'GET', isStream: true, statusCodes: {}, options: {} }
  docker.modem.dial(call, dialled)
  asked[0]?.(null, 'a stream')
  vi.advanceTimersByTime(600_000)
  expect(dialled.mock.calls).toEqual([[null, 'a stream']])
  docker.modem.dial(call, dialled)
  vi.advanceTimersByTime(600_000)
  expect(dialled.mock.calls[1]).toEqual([expect.objectContaining({ code: 'ETIMEDOUT' }), undefined])
})
