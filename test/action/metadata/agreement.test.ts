import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { expect, test, vi } from 'vitest'
import { runCase, type PeerCase, type PeerEvent, readVectors } from './peer-cases.ts'
import { readReadings } from './peer-readings.ts'

/** Cases that give something else here, each on purpose. docs/action.md tells users. */
const DIFFERENT: Readonly<Record<string, string>> = {
  pr07: 'a pull_request_target is called after the head of the pull request, never after the base branch’s commit',
  pr08: 'the same of the label org.opencontainers.image.revision',
  pr09: 'the same of type=sha',
  pr10: 'the same of the label org.opencontainers.image.revision',
  'image name/foo,name=name/bar,enable=true':
    'its suite calls it an error, its code takes the last name: so do we',
}

test('docker/metadata-action’s cases give the same here, but for what differs on purpose', async () => {
  const said = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const events = readVectors('events') as Record<string, PeerEvent>
  const cases = [...(readVectors('suite') as PeerCase[]), ...(readVectors('readme') as PeerCase[])]
  const different: Record<string, unknown> = {}
  for (const peer of cases) {
    const { ours, theirs } = await runCase(peer, events).catch((error: unknown) => ({
      ours: error,
      theirs: peer.expect,
    }))
    if (!isDeepStrictEqual(ours, theirs)) different[peer.case] = { ours, theirs }
  }
  const readings = readReadings()
  for (const { name, ours, theirs } of readings) {
    if (!isDeepStrictEqual(ours, theirs)) different[name] = { ours, theirs }
  }
  said.mockRestore()

  const unexpected = Object.entries(different).filter(([name]) => !(name in DIFFERENT))
  expect(unexpected).toEqual([])
  expect(Object.keys(different).toSorted()).toEqual(Object.keys(DIFFERENT).toSorted())
  const total = cases.length + readings.length
  const docs = readFileSync(join(import.meta.dirname, '../../../docs/action.md'), 'utf8')
  expect(docs).toContain(`${total - Object.keys(different).length} of ${total}`)
})
