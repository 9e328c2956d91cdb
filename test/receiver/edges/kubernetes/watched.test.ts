import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../../../receiver/edges/clock.ts'
import type { Meta } from '../../../../receiver/edges/kubernetes/objects.ts'
import { watch } from '../../../../receiver/edges/kubernetes/watched.ts'

interface Thing {
  metadata: Meta
}

const thing = (uid: string, resourceVersion: string): Thing => ({
  metadata: { name: uid, uid, resourceVersion },
})
const line = (type: string, object: unknown) => Buffer.from(`${JSON.stringify({ type, object })}\n`)

/** An API server that lists these and tells of changes in turn: each watch is one script, and the last one stays open. */
function follow(lists: (Thing[] | Error)[], scripts: (readonly Uint8Array[] | Error)[]) {
  const asked: string[] = []
  let changes = 0
  const watched = watch<Thing>(
    {
      async watch(_path, { resourceVersion = '' }, signal) {
        asked.push(`watch ${resourceVersion}`)
        const script = scripts.shift()
        if (script instanceof Error) throw script
        return (async function* () {
          yield* script ?? []
          if (scripts.length > 0) return
          await new Promise((resolve) => signal.addEventListener('abort', resolve))
        })()
      },
    },
    {
      path: '/things',
      async list() {
        asked.push('list')
        const items = lists.length > 1 ? lists.shift() : lists[0]
        if (items === undefined || items instanceof Error) throw items ?? new Error('nothing')
        return { metadata: { resourceVersion: '10' }, items }
      },
      changed: () => void (changes += 1),
    },
    { clock: { sleep: (_ms, signal) => systemClock.sleep(1, signal) } },
  )
  onTestFinished(watched.end)
  const names = async () => (await watched.objects()).map(({ metadata }) => metadata.uid)
  return { asked, names, changes: () => changes }
}

test('what is told of is known without asking', async () => {
  const { asked, names, changes } = follow(
    [[thing('a', '1')]],
    [[line('ADDED', thing('b', '11')), line('DELETED', thing('a', '12'))]],
  )
  await expect.poll(names).toEqual(['b'])
  expect(asked).toEqual(['list', 'watch 10'])
  expect(changes()).toBe(3)
})

test('a watch that the server ends is begun anew where it was', async () => {
  const { asked, names } = follow(
    [[]],
    [
      [line('ADDED', thing('a', '11')), line('BOOKMARK', thing('', '15'))],
      [],
      [line('ADDED', thing('b', '16'))],
    ],
  )
  await expect.poll(names).toEqual(['a', 'b'])
  expect(asked).toEqual(['list', 'watch 10', 'watch 15', 'watch 15'])
})

test.for<[string, readonly Uint8Array[] | Error]>([
  ['it has forgotten what is asked for', [line('ERROR', { code: 410 })]],
  ['a line is no JSON', [Buffer.from('<html>\n')]],
  ['a line has no object', [Buffer.from('{"type":"MODIFIED"}\n')]],
  ['it cannot be begun', new Error('no credentials')],
])('everything is listed anew when %s', async ([, broken]) => {
  const { asked, names } = follow(
    [[thing('a', '1')], [thing('b', '2')]],
    [broken, [line('ADDED', thing('c', '11'))]],
  )
  await expect.poll(names).toEqual(['b', 'c'])
  expect(asked.filter((each) => each.startsWith('watch'))).toEqual(['watch 10', 'watch 10'])
})

test('while nobody tells, whoever asks hears why it cannot be had', async () => {
  const { names } = follow([new Error('forbidden')], [])
  await expect(names()).rejects.toThrow('forbidden')
})
