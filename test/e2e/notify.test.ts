// @module-tag long
import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { Deployment } from '../../protocol/deployment.ts'
import { operate } from '../support/operator.ts'
import { startPosted } from '../support/posted.ts'
import { startVm, type Vm } from '../support/vm.ts'

const SECRET = `whsec_${Buffer.alloc(24, 's').toString('base64')}`

let vm: Vm
let target: Awaited<ReturnType<typeof startPosted>>

beforeAll(async () => {
  target = await startPosted()
  vm = await startVm(inject('stack'), 'e2e-notify')
  vm.config['notify'] = [
    { webhook: { url: `${target.url}/hook`, secret: SECRET }, allow_private: true },
  ]
  await vm.start()
})
afterAll(async () => {
  await vm.close()
  target.close()
})

/** What the target took: 2xx, by the id that it has. */
const taken: string[] = []
const take = (response: ServerResponse) => {
  taken.push(String(target.posted.at(-1)?.headers['webhook-id']))
  response.end('ok')
}
const told = () =>
  target.posted.map(({ headers, body }) => {
    const { type, data } = JSON.parse(body) as { type: string; data: { deployment: Deployment } }
    return { id: headers['webhook-id'], type, deployment: data.deployment.id }
  })
const kill = async () => {
  const receiver = vm.receiver()
  receiver.kill('SIGKILL')
  await receiver.exited
}
const failing = async () => (await vm.hook({ image: `${vm.repository}:nowhere` })).deployment

test('a failed deployment is told once, though the receiver was killed before it was', async () => {
  // the target is away: what happened is on record, and nobody has it
  target.answer = (response) => response.writeHead(503).end()
  const { id, status } = await failing()
  expect(status).toBe('failed')
  await expect.poll(() => target.posted.length).toBe(1)
  await kill()
  target.answer = take
  await vm.start()
  await expect.poll(() => taken.length).toBe(1)
  const [first, second, ...others] = told()
  expect(others).toEqual([])
  expect(first).toMatchObject({ type: 'deployment.failed', deployment: id })
  expect(second).toEqual(first)
})

test('whoever took it and did not come to say so gets it again with the same id', async () => {
  target.posted.length = taken.length = 0
  const { promise: arrived, resolve } = Promise.withResolvers<void>()
  // it has it, and its answer never comes
  target.answer = () => resolve()
  const { id } = await failing()
  await arrived
  await kill()
  target.answer = take
  await vm.start()
  await expect.poll(() => taken.length).toBe(1)
  expect(new Set(told().map((each) => JSON.stringify(each))).size).toBe(1)
  expect(told()[0]).toMatchObject({ type: 'deployment.failed', deployment: id })
})

test('nothing of it waits any more, and a further start tells nothing', async () => {
  await vm.receiver().stop()
  await vm.start()
  const command = (...words: string[]) =>
    operate([...words, '--config', vm.receiver().config], {
      REGISTRY_PASSWORD: inject('stack').registry.password,
    })
  // told in order: whatever waited would have come before
  target.posted.length = 0
  const { id } = await failing()
  await expect.poll(() => target.posted.length).toBe(1)
  expect(told()[0]).toMatchObject({ deployment: id })
  expect((await command('notify', 'test')).stdout).toMatch(/webhook +webhook +told +200 ok/)
  expect((await command('doctor')).stdout).toMatch(/^ok +.*webhook/m)
})
