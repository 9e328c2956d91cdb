import { expect, test } from 'vitest'
import {
  lookForData,
  missingData,
  refuseWithoutData,
} from '../../../../receiver/core/slots/awaited-data.ts'
import type { Stopped } from '../../../../receiver/core/slots/ports.ts'

const record = (stopped: Partial<Stopped> | undefined) =>
  ({
    stopped: () =>
      stopped === undefined
        ? undefined
        : { since: '', wasInMaintenance: false, isStarting: false, awaits: [], ...stopped },
  }) as unknown as Parameters<typeof refuseWithoutData>[1]['record']
const machine = {
  engine: {
    missingVolumes: async (names: readonly string[]) => names.filter((name) => name !== 'there'),
  },
  isThere: (path: string) => path === '/srv/there',
}
const DATA = ['there', 'gone', '/srv/there', '/srv/gone']

test('a deployment of what waits for its data is refused, and of nothing else', () => {
  const refused = () => refuseWithoutData('api', { record: record({ awaits: DATA }) })
  expect(refused).toThrow(expect.objectContaining({ code: 'awaits_data' }))
  expect(refused).toThrow('there, gone, /srv/there, /srv/gone')
  for (const other of [undefined, {}, { awaits: DATA, isStarting: true }]) {
    expect(() => refuseWithoutData('api', { record: record(other) })).not.toThrow()
  }
})

test('what is to be started is looked for, and what is not there is named', async () => {
  expect(await missingData(DATA, machine)).toEqual(['gone', '/srv/gone'])
  await expect(
    lookForData('api', { record: record({ awaits: DATA }), ...machine }),
  ).rejects.toMatchObject({
    code: 'awaits_data',
    message: expect.stringMatching(/gone, \/srv\/gone$/),
  })
  for (const awaits of [[], ['there', '/srv/there']]) {
    await lookForData('api', { record: record({ awaits }), ...machine })
  }
  await lookForData('api', { record: record(undefined), ...machine })
})
