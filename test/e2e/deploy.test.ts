import Docker from 'dockerode'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import type { Deployment } from '../../protocol/deployment.ts'
import { allTheWhile } from '../support/all-the-while.ts'
import { END, endWhenTold } from '../support/end-when-told.ts'
import { waitFor } from '../support/processes.ts'
import { startVm, type Vm } from '../support/vm.ts'

const stack = inject('stack')
const docker = new Docker({ socketPath: stack.dockerHost.slice('unix://'.length) })
let vm: Vm
let one: string
let two: string

beforeAll(async () => {
  vm = await startVm(stack, 'e2e-deploy')
  ;[one, two] = [await vm.push('one'), await vm.push('two')]
  await vm.start()
})
afterAll(() => vm.close())

const containers = async () =>
  (await docker.listContainers({ all: true }))
    .filter(({ Labels }) => Labels['deploy-receiver.network'] === 'e2e-deploy')
    .map(({ Labels, State }) => `${Labels['deploy-receiver.digest']} ${State}`)

describe('a deployment', () => {
  test('goes live, is replaced, and comes back by a rollback', async () => {
    expect((await vm.visit()).status).toBe(503)
    const first = await vm.deploy(one)
    expect(first).toMatchObject({ status: 'succeeded', action: 'deploy', image: { digest: one } })
    expect(await vm.visit()).toEqual({ status: 200, body: 'one\n' })

    const second = await vm.deploy(two)
    expect(second.previous).toEqual({ deployment: first.id, digest: one })
    expect(await vm.visit()).toEqual({ status: 200, body: 'two\n' })

    const { status, deployment } = await vm.hook({ rollback: 'previous' })
    expect(status).toBe(200)
    expect(deployment).toMatchObject({ action: 'rollback', image: { digest: one } })
    expect(await vm.visit()).toEqual({ status: 200, body: 'one\n' })
    expect(await containers()).toEqual([`${one} running`])
  })

  test('of a tag runs the digest that the tag stands for now', async () => {
    const { deployment } = await vm.hook({ image: `${vm.repository}:two` })
    expect(deployment).toMatchObject({ status: 'succeeded', image: { tag: 'two', digest: two } })
    expect(await vm.visit()).toEqual({ status: 200, body: 'two\n' })
  })

  test('again of the same digest starts a fresh container', async () => {
    const before = (await containers()).length
    const { deployment } = await vm.hook({ image: `${vm.repository}@${two}` })
    expect(deployment.status).toBe('succeeded')
    expect(await containers()).toHaveLength(before)
  })

  test('is not noticed by those who ask all the while', async () => {
    const answers = new Set<string>()
    const visits = allTheWhile(async () => {
      const { status, body } = await vm.visit()
      answers.add(`${status} ${body.trim()}`)
    })
    for (const digest of [one, two, one]) expect((await vm.deploy(digest)).status).toBe('succeeded')
    await visits.stop()
    expect([...answers].toSorted()).toEqual(['200 one', '200 two'])
  })
})

describe('a deployment that cannot go live leaves the old version serving and nothing behind:', () => {
  let before: string[]
  beforeEach(async () => {
    if ((await vm.visit()).body !== 'one\n') await vm.deploy(one)
    before = await containers()
  })

  async function refused(deployment: Deployment): Promise<NonNullable<Deployment['error']>> {
    expect(deployment.status).toBe('failed')
    expect(await vm.visit()).toEqual({ status: 200, body: 'one\n' })
    expect(await containers()).toEqual(before)
    if (deployment.error === undefined) throw new Error('it failed without an error')
    expect(deployment.error.hint).toBeDefined()
    return deployment.error
  }

  async function withWatch(watch: string): Promise<void> {
    Object.assign(vm.config.apps['api'] ?? {}, { watch })
    await vm.reload()
  }

  test('one that is never healthy, with its last answer and its log', async () => {
    const error = await refused(await vm.deploy(await vm.push('broken', { broken: true })))
    expect(error.code).toBe('unhealthy')
    expect(error.message).toContain('GET /healthz answered 404')
    expect(error.log?.join('\n')).toContain('response:404')
  })

  test('one that exits, with its exit code and its last words', async () => {
    const config = { Cmd: ['/bin/busybox', 'sh', '-c', 'echo no database url; exit 3'] }
    const error = await refused(await vm.deploy(await vm.push('exits', { config })))
    expect(error.code).toBe('exited')
    expect(error.log).toContain('no database url')
  })

  test('one with a command that is not there', async () => {
    const config = { Cmd: ['/bin/no-such-program'] }
    const error = await refused(await vm.deploy(await vm.push('missing', { config })))
    expect(error.code).toBe('start_failed')
    expect(error.message).toContain('no-such-program')
  })

  test('one that EXPOSEs several ports, for an app without port', async () => {
    const config = { ExposedPorts: { '9000/tcp': {} } }
    const error = await refused(await vm.deploy(await vm.push('ports', { config })))
    expect(error).toMatchObject({ code: 'no_port', hint: expect.stringContaining('apps.api.port') })
    expect(error.message).toContain('8000, 9000')
  })

  test('a tag that was never pushed', async () => {
    const { status, deployment } = await vm.hook({ image: `${vm.repository}:nowhere` })
    expect(status).toBe(422)
    expect((await refused(deployment)).code).toBe('image_missing')
  })

  test('a digest that was never pushed', async () => {
    expect((await refused(await vm.deploy(`sha256:${'0'.repeat(64)}`))).code).toBe('image_missing')
  })

  test('one that ends after the swap is rolled back', async () => {
    const script = endWhenTold('echo told to end; exit 7')
    const config = { Cmd: ['/bin/busybox', 'sh', '-c', script] }
    const digest = await vm.push('ends', { config })
    // until it is told to end it is watched, however long that takes
    await withWatch('10m')
    const ended = vm.deploy(digest)
    await expect.poll(async () => (await vm.visit()).body).toBe('ends\n')
    await vm.visit(END)
    const error = await refused(await ended)
    await withWatch('1s')
    expect(error.code).toBe('rolled_back')
    expect(error.message).toContain(`swapped back to ${one}`)
    expect(error.log).toContain('told to end')
  })
})

const statusOf = async (id: string) => ((await vm.read(`/deployments/${id}`)) as Deployment).status

test('of several that wait only the newest runs, and every one has a final status', async () => {
  const ids: string[] = []
  for (const digest of [one, two, one, two, one]) {
    const { status, deployment } = await vm.hook(
      { image: `${vm.repository}@${digest}` },
      { wait: 0 },
    )
    expect(status).toBe(202)
    ids.push(deployment.id)
    // the first one runs: only those that wait make way
    await waitFor(async () => (await statusOf(ids[0] ?? '')) !== 'queued', {
      what: 'the first one did not start',
    })
  }
  const last = await vm.hook({ image: `${vm.repository}@${two}` })
  expect(last.status).toBe(200)
  const statuses = await Promise.all(ids.map(statusOf))
  expect(statuses).toEqual(['succeeded', ...Array<string>(4).fill('superseded')])
  expect(await vm.visit()).toEqual({ status: 200, body: 'two\n' })
})
