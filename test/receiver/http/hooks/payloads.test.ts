import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Deployment } from '../../../../protocol/deployment.ts'
import { DeployError } from '../../../../receiver/core/errors.ts'
import { readGithubPayload } from '../../../../receiver/http/hooks/payloads/github.ts'
import { readRegistryPayload } from '../../../../receiver/http/hooks/payloads/registries.ts'
import { type HttpWorld, startHttpWorld } from '../../../support/http-world.ts'
import { basic, github, packageEvent, post } from './signed-hooks.ts'

const ONE = `sha256:${'1'.repeat(64)}`
const TWO = `sha256:${'2'.repeat(64)}`

const acr = (changed: object = {}) => ({
  id: 'cb8c3971-9adc-488b-xxxx-43cbb4974ff5',
  timestamp: '2017-11-17T16:52:01.343145347Z',
  action: 'push',
  target: {
    mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
    size: 524,
    digest: ONE,
    length: 524,
    repository: 'acme/api',
    tag: 'latest',
  },
  request: { id: '3cbb6949', host: 'acme.azurecr.io', method: 'PUT', useragent: 'docker/17.09' },
  ...changed,
})

const hub = (repo_name = 'acme/web', tag = 'stable') => ({
  callback_url: 'http://127.0.0.1:9/must-never-be-called',
  push_data: { pushed_at: 1582839308, pusher: 'acme', tag },
  repository: { name: repo_name, namespace: 'acme', repo_name, repo_url: 'http://127.0.0.1:9/' },
})

const ecr = (detail: object = {}, changed: object = {}) => ({
  version: '0',
  id: '13cde686-328b-6117-af20-0e5566167482',
  'detail-type': 'ECR Image Action',
  source: 'aws.ecr',
  account: '123456789012',
  time: '2019-11-16T01:54:34Z',
  region: 'us-west-2',
  resources: [],
  detail: {
    result: 'SUCCESS',
    'repository-name': 'acme/api',
    'image-digest': ONE,
    'action-type': 'PUSH',
    'image-tag': 'latest',
    ...detail,
  },
  ...changed,
})

const vector = (name: string): string =>
  readFileSync(
    new URL(`../../../vectors/github-webhooks/${name}.payload.json`, import.meta.url),
    'utf8',
  )

describe('what a registry says', () => {
  test.each([
    ['Azure', acr(), { kind: 'pushed', repository: 'acme.azurecr.io/acme/api', tag: 'latest' }],
    ['Azure pings', { id: '1', action: 'ping' }, { kind: 'ping' }],
    ['Azure deletes', acr({ action: 'delete' }), { kind: 'ignored' }],
    ['Azure pushes a chart', acr({ action: 'chart_push' }), { kind: 'ignored' }],
    ['Azure without a tag', acr({ target: { repository: 'acme/api' } }), { kind: 'ignored' }],
    ['Azure without a host', acr({ request: {} }), { kind: 'ignored' }],
    ['Docker Hub', hub(), { kind: 'pushed', repository: 'docker.io/acme/web', tag: 'stable' }],
    ['Docker Hub, with a wrong name', hub('../etc'), { kind: 'ignored' }],
    [
      'ECR',
      ecr(),
      {
        kind: 'pushed',
        repository: '123456789012.dkr.ecr.us-west-2.amazonaws.com/acme/api',
        tag: 'latest',
      },
    ],
    [
      'ECR in China',
      ecr({}, { region: 'cn-north-1' }),
      {
        kind: 'pushed',
        repository: '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/acme/api',
        tag: 'latest',
      },
    ],
    ['ECR, a failed push', ecr({ result: 'FAILURE' }), { kind: 'ignored' }],
    ['ECR deletes', ecr({ 'action-type': 'DELETE' }), { kind: 'ignored' }],
    ['ECR, a platform without a tag', ecr({ 'image-tag': '' }), { kind: 'ignored' }],
    ['ECR, a scan', ecr({}, { 'detail-type': 'ECR Image Scan' }), { kind: 'ignored' }],
  ])('%s', (_name, payload, expected) => {
    expect(readRegistryPayload(payload)).toMatchObject(expected)
  })

  test.each([{}, { image: 'x' }, { rollback: 'previous' }, [], null, 1, 'push', { action: 1 }])(
    '%j is nothing that a registry sends',
    (json) => {
      expect(readRegistryPayload(json)).toBeUndefined()
    },
  )
})

describe('what GitHub says', () => {
  test.each([
    ['package', 'package.published.docker', 'ignored'],
    ['registry_package', 'registry_package.published.docker', 'ignored'],
    ['ping', 'ping', 'ping'],
    ['push', 'push', 'ignored'],
    // the header is not signed: a body of another event is not taken for one
    ['package', 'push', 'ignored'],
    [undefined, 'package.published.docker', 'ignored'],
  ] as const)('the event %s with the published %s payload is %s', (event, name, kind) => {
    expect(readGithubPayload(event, JSON.parse(vector(name)))).toMatchObject({ kind })
  })

  test('a container without a tag, as in the published payloads, names none', () => {
    const said = readGithubPayload('package', JSON.parse(vector('package.published.docker')))
    expect(said).toStrictEqual({
      kind: 'ignored',
      reason: 'the push of "ghcr.io/codertocat/hello-world" names no tag',
    })
  })

  test.each(['published', 'updated'])(
    'a container with a tag was pushed when it was %s',
    (action) => {
      const payload = JSON.parse(vector('registry_package.published.docker')) as {
        action: string
        registry_package: {
          package_version: { package_url: string; container_metadata: { tag: { name: string } } }
        }
      }
      payload.action = action
      payload.registry_package.package_version.package_url += 'nightly'
      payload.registry_package.package_version.container_metadata.tag.name = 'nightly'
      expect(readGithubPayload('registry_package', payload)).toStrictEqual({
        kind: 'pushed',
        repository: 'ghcr.io/codertocat/hello-world',
        tag: 'nightly',
      })
    },
  )

  test('a deleted one is ignored', () => {
    const payload: unknown = JSON.parse(packageEvent(undefined, undefined, 'deleted'))
    expect(readGithubPayload('registry_package', payload)).toMatchObject({ kind: 'ignored' })
  })
})

describe('a hint', () => {
  let world: HttpWorld
  let digest: string
  let failure: Error | undefined
  let asked: string[]
  beforeEach(async () => {
    digest = ONE
    failure = undefined
    asked = []
    world = await startHttpWorld({
      registry(tag) {
        asked.push(tag)
        if (failure !== undefined) throw failure
        return digest
      },
    })
  })
  afterEach(() => world.stop())

  const say = async (body: string, event?: string) => {
    const response = await post(world, body, { headers: github(world.githubSecret, body, event) })
    const json = (await response.json()) as {
      result?: string
      detail?: string
      deployment?: Deployment
    }
    return { status: response.status, ...json }
  }
  const deployments = () => world.store.list('api', { limit: 100 })
  const succeed = (id: string) => {
    const at = new Date(world.clock.ms).toISOString()
    world.store.append(id, { type: 'started', at })
    const { digest: own = '' } = world.store.get(id)?.deployment.image ?? {}
    const live = world.store.live('api')?.deployment
    const previous = { deployment: live?.id ?? '', digest: live?.image.digest ?? '' }
    const replaced = live === undefined ? {} : { previous }
    world.store.append(id, { type: 'image', at, digest: own, ...replaced })
    world.store.append(id, { type: 'live', at }, { live: true })
    world.store.append(id, { type: 'finished', at, status: 'succeeded' })
  }

  test('at the tag that the app follows deploys the digest that the registry names', async () => {
    const { status, deployment } = await say(packageEvent())
    expect(status).toBe(202)
    expect(asked).toStrictEqual(['latest'])
    expect(deployment).toMatchObject({
      status: 'queued',
      image: { repository: 'ghcr.io/acme/api', tag: 'latest', digest: ONE },
    })
  })

  test.each([
    ['another tag', packageEvent('ghcr.io/acme/api:1.4.2')],
    ['another repository', packageEvent('ghcr.io/acme/other:latest')],
    ['a repository that begins like ours', packageEvent('ghcr.io/acme/api-evil:latest')],
    ['a repository that ends like ours', packageEvent('ghcr.io/evil/acme/api:latest')],
    ['another registry', packageEvent('evil.example/acme/api:latest')],
    ['no tag', packageEvent('ghcr.io/acme/api:')],
  ])('at %s is 200 "ignored", and the registry is not asked', async (_name, body) => {
    const { status, result, detail } = await say(body)
    expect([status, result]).toStrictEqual([200, 'ignored'])
    expect(detail).not.toBe('')
    expect(asked).toStrictEqual([])
    expect(deployments()).toStrictEqual([])
  })

  test('at what is live already is 200 "unchanged"', async () => {
    succeed((await say(packageEvent())).deployment?.id ?? '')
    const again = await say(packageEvent(undefined, undefined, 'updated'))
    expect([again.status, again.result]).toStrictEqual([200, 'unchanged'])
    expect(deployments()).toHaveLength(1)
  })

  test('of a push of several platforms gives one deployment for its three events', async () => {
    const answers = await Promise.all([
      say(packageEvent('ghcr.io/acme/api:')),
      say(packageEvent()),
      say(packageEvent(undefined, undefined, 'updated')),
      say(packageEvent().replace('registry_package', 'package'), 'package'),
    ])
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3)
    expect(deployments()).toHaveLength(1)
  })

  test('delivered again, or replayed after a rollback, does not deploy again', async () => {
    const first = await say(packageEvent())
    succeed(first.deployment?.id ?? '')
    digest = TWO
    const again = await say(packageEvent())
    expect(again.status).toBe(202)
    expect(again.deployment?.id).toBe(first.deployment?.id)
    expect(deployments()).toHaveLength(1)
  })

  test('that was "unchanged" once does nothing when it is replayed later', async () => {
    succeed((await say(packageEvent())).deployment?.id ?? '')
    const body = packageEvent(undefined, undefined, 'updated')
    expect((await say(body)).result).toBe('unchanged')
    digest = TWO
    await say(body)
    expect(deployments()).toHaveLength(1)
  })

  test('at what was rolled back from is 200 "ignored" with why, until somebody orders it', async () => {
    const order = async (body: object) => {
      const response = await world.local.request('/hooks/api', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      const { deployment } = (await response.json()) as { deployment: Deployment }
      succeed(deployment.id)
      return deployment.id
    }
    await order({ image: `ghcr.io/acme/api@${TWO}` })
    await order({ image: `ghcr.io/acme/api@${ONE}` })
    const rollback = await order({ rollback: 'previous' })
    const reason = `${ONE} is on hold: ${rollback} went back from it; until another digest is live, only an order brings it back: deploy-receiver deploy api, or a signed hook`
    expect(await say(packageEvent())).toEqual({ status: 200, result: 'ignored', detail: reason })
    expect(world.audit().at(-1)).toMatchObject({ outcome: 'ignored', reason })
    expect(await (await world.local.request('/apps/api')).json()).toMatchObject({
      live: { id: rollback },
      on_hold: [{ digest: ONE, deployment: rollback, since: expect.stringMatching(/Z$/) }],
    })
    const newest = await order({ image: `ghcr.io/acme/api@${ONE}` })
    // the very same event, sent again: it was not used up
    expect(await say(packageEvent())).toMatchObject({
      result: 'unchanged',
      deployment: { id: newest },
    })
    expect(await (await world.local.request('/apps/api')).json()).toMatchObject({ on_hold: [] })
  })

  test('at a new digest of the same tag deploys it', async () => {
    succeed((await say(packageEvent())).deployment?.id ?? '')
    digest = TWO
    const next = await say(packageEvent(undefined, undefined, 'updated'))
    expect(next.deployment?.image.digest).toBe(TWO)
  })

  test('at a digest that has just failed does not try it again', async () => {
    const { deployment } = await say(packageEvent())
    const at = new Date(world.clock.ms).toISOString()
    world.store.append(deployment?.id ?? '', { type: 'finished', at, status: 'failed' })
    const second = await say(packageEvent(undefined, undefined, 'updated'))
    expect([second.status, second.result]).toStrictEqual([200, 'unchanged'])
    expect(deployments()).toHaveLength(1)
  })

  test('is not lost when the registry does not answer: the deployment asks it again', async () => {
    failure = new DeployError('registry_unreachable', 'connection refused')
    const { status, deployment } = await say(packageEvent())
    expect(status).toBe(202)
    expect(deployment?.image).toStrictEqual({ repository: 'ghcr.io/acme/api', tag: 'latest' })
    expect((await say(packageEvent(undefined, undefined, 'updated'))).result).toBe('unchanged')
    expect(deployments()).toHaveLength(1)
  })

  test('is not lost when the receiver stops while it asks', async () => {
    const stopping = new AbortController()
    world.services.stopping = stopping.signal
    world.services.resolve = async (_image, signal) => {
      stopping.abort(new Error('the receiver stops'))
      throw signal.reason
    }
    const { status, deployment } = await say(packageEvent())
    expect(status).toBe(202)
    expect(deployment?.image).toStrictEqual({ repository: 'ghcr.io/acme/api', tag: 'latest' })
    expect(world.logged[0]).toMatch(/^warn the registry did not say .*the receiver stops/)
  })

  test('is a failure of the receiver when asking has a defect', async () => {
    failure = new Error('defect')
    expect((await say(packageEvent())).status).toBe(500)
    expect(deployments()).toStrictEqual([])
  })

  test('that is settled says by which deployment', async () => {
    const { deployment } = await say(packageEvent())
    const { detail } = await say(packageEvent(undefined, undefined, 'updated'))
    expect(detail).toBe(`${ONE} is that of deployment ${deployment?.id}, which is queued`)
  })

  test('that is settled before the digest is known says so with the tag', async () => {
    failure = new DeployError('registry_unreachable', 'connection refused')
    await say(packageEvent())
    const { detail } = await say(packageEvent(undefined, undefined, 'updated'))
    expect(detail).toMatch(/^latest is that of deployment/)
  })

  test('ping is 200', async () => {
    expect(await say('{"zen":"Design for failure."}', 'ping')).toMatchObject({
      status: 200,
      result: 'pong',
    })
  })

  test('of Docker Hub comes with a Basic token, and its callback URL is never called', async () => {
    const called: unknown[] = []
    const original = globalThis.fetch
    globalThis.fetch = (...given) => {
      called.push(given[0])
      return original(...given)
    }
    try {
      const response = await post(world, JSON.stringify(hub()), {
        path: '/docker/hook',
        headers: basic('$web', world.deployToken),
      })
      expect(response.status).toBe(202)
      expect(await response.json()).toMatchObject({
        deployment: { app: 'web', image: { tag: 'stable', digest: ONE } },
      })
      expect(called).toStrictEqual([])
    } finally {
      globalThis.fetch = original
    }
  })

  test.each([
    ['Azure', acr()],
    ['ECR', ecr()],
    ['Docker Hub', hub('acme/api', 'latest')],
  ])('of %s at another registry than the app is ignored', async (_name, payload) => {
    const response = await post(world, JSON.stringify(payload), {
      headers: basic('api', world.token),
    })
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ result: 'ignored' })
  })
})
