// @module-tag long
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type Accepted, type Deployment, isFinal } from '../../protocol/deployment.ts'
import { parseSigningKey, sign } from '../../protocol/standard-webhooks.ts'
import { burst, type Hook } from '../support/burst.ts'
import { waitFor } from '../support/processes.ts'
import { startVm, type Vm } from '../support/vm.ts'

const HOOKS = 300
const secret = `whsec_${randomBytes(32).toString('base64')}`
const key = parseSigningKey(secret)

let vm: Vm

beforeAll(async () => {
  vm = await startVm(inject('stack'), 'burst')
  Object.assign(vm.config.apps['api'] ?? {}, { auth: { secrets: [secret] } })
  vm.config['url'] = `http://${vm.config.listen}`
  await vm.start()
})
afterAll(() => vm.close())

function hook(): Hook {
  const body = JSON.stringify({ image: `${vm.repository}:none` })
  const id = `msg_${randomBytes(12).toString('hex')}`
  const timestamp = Math.floor(Date.now() / 1000)
  return {
    url: `${vm.config['url'] as string}/hooks/api`,
    headers: {
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': sign({ key, id, timestamp, body: Buffer.from(body) }),
    },
    body,
  }
}

const idsOf = (answers: readonly { text: string }[]) =>
  answers.map(({ text }) => (JSON.parse(text) as Accepted).deployment.id)

/** Waits until all of them have a final status, and gives the statuses. */
async function statusesOf(ids: readonly string[]): Promise<Set<string>> {
  const statuses = new Set<string>()
  for (const id of ids) {
    const deployment = await waitFor(
      async () => {
        const read = (await vm.read(`/deployments/${id}`)) as Deployment
        return isFinal(read.status) && read
      },
      { what: `${id} has no final status`, running: vm.receiver() },
    )
    statuses.add(deployment.status)
  }
  return statuses
}

test('each hook that was acknowledged in a burst has a record of its own with a final status', async () => {
  const { acknowledged, failures } = await burst(HOOKS, hook)
  expect(failures).toEqual([])
  const ids = idsOf(acknowledged)
  expect(new Set(ids).size).toBe(HOOKS)
  expect(await statusesOf(ids)).toEqual(new Set(['superseded', 'failed']))
})

test('also when the receiver is killed in the middle of it', async () => {
  const { acknowledged } = await burst(HOOKS, hook, (total) => {
    if (total === HOOKS / 2) vm.receiver().kill('SIGKILL')
  })
  expect(acknowledged.length).toBeGreaterThanOrEqual(HOOKS / 2)
  expect(acknowledged.length).toBeLessThan(HOOKS)
  await vm.receiver().exited
  await vm.start()
  const statuses = await statusesOf(idsOf(acknowledged))
  expect([...statuses].filter((status) => !['superseded', 'failed'].includes(status))).toEqual([])
})
