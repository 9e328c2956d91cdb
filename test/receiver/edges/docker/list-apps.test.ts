import { expect, test } from 'vitest'
import { createListing } from '../../../../receiver/edges/docker/list-apps.ts'
import { json, startDockerApi } from '../../../support/fakes/docker-api.ts'

const of = (app: string, slot: string) => ({
  Id: `${app}-${slot}`,
  Labels: {
    'deploy-receiver.network': 'home',
    'deploy-receiver.app': app,
    'deploy-receiver.slot': slot,
  },
})

/** What Docker lists of the containers of apps called `0`, `1` and so on, and how often it was asked. */
async function listAtOnce(apps: readonly string[]) {
  const { docker, calls, close } = await startDockerApi((_call, response) => {
    json(
      response,
      apps.flatMap((app) => [of(app, 'blue'), of(app, 'green')]),
    )
  })
  const list = createListing(docker, 'home')
  const all = await Promise.all([...apps, 'none'].map(list))
  const ids = all.map((listed) => listed.map(({ Id }) => Id))
  const next = await list('0')
  close()
  return { ids, calls: calls.length, next: next.length }
}

test.each([10, 20])('%s apps that are asked for at once are one call', async (count) => {
  const apps = Array.from({ length: count }, (_, at) => String(at))
  expect(await listAtOnce(apps)).toStrictEqual({
    ids: [...apps.map((app) => [`${app}-blue`, `${app}-green`]), []],
    // and one for the one that was asked for later
    calls: 2,
    next: 2 * count,
  })
})

test('a few are a call each: what there is of all others need not be read', async () => {
  expect((await listAtOnce(['0', '1'])).calls).toBe(4)
})
