import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { eventsOf } from '../../../receiver/cli/events.ts'
import { FAR_TOO_MUCH_BYTES, startEndless } from '../../support/endless.ts'

test('an event without an end ends the reading of events', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'events-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  const { url, closed } = await startEndless({ begins: 'data: ', socket: join(dir, 'socket') })
  await expect(eventsOf(url, 'd1', 0).next()).rejects.toThrow(
    'an event is longer than 4194304 characters',
  )
  expect(await closed).toBeLessThan(FAR_TOO_MUCH_BYTES)
})
