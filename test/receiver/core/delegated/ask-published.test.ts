import { expect, test } from 'vitest'
import { askPublished } from '../../../../receiver/core/delegated/ask-published.ts'
import { createFakeClock } from '../../../support/fakes/clock.ts'
import { SWARM_APP } from '../../../support/swarm-app.ts'

const nodes = ['10.0.0.1', '10.0.0.2', 'fd00::3']
const app = {
  ...SWARM_APP,
  swarm: { ...SWARM_APP.swarm, publish: { port: 8080, mode: 'host' as const, nodes } },
}

/** Status of each node's answer; 0 is none. */
const ask = (...statuses: number[]) =>
  askPublished(
    app,
    {
      clock: createFakeClock(),
      grpcProbe: () => Promise.reject(new Error('it was asked by gRPC')),
      async probe({ url }) {
        const at = ['10.0.0.1:8080', '10.0.0.2:8080', '[fd00::3]:8080'].indexOf(new URL(url).host)
        const status = statuses[at] ?? 0
        if (status === 0) throw new Error('connection refused')
        return { status, body: '' }
      },
    },
    new AbortController().signal,
  )

test.for([
  ['all answer well', [200, 200, 200], true, 'answered 200'],
  ['some have no task', [0, 0, 200], true, 'answered 200'],
  ['one answers badly', [0, 200, 500], false, 'answered 500'],
  ['nobody answers', [0, 0, 0], false, 'connection refused'],
] as const)('where %s', async ([, statuses, healthy, text]) => {
  const answer = await ask(...statuses)
  expect(answer).toMatchObject({ healthy, text: expect.stringContaining(text) })
})

test('an app that is published nowhere is not asked', async () => {
  const clock = createFakeClock()
  const probe = () => Promise.reject(new Error('it was asked'))
  const grpcProbe = probe
  const signal = new AbortController().signal
  expect(await askPublished(SWARM_APP, { clock, probe, grpcProbe }, signal)).toBeUndefined()
})
