import { EventEmitter } from 'node:events'
import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { watch } from '../../../receiver/cli/watch.ts'
import { socketOf } from '../../../receiver/config/socket.ts'
import { startAnswering } from '../../support/answering.ts'
import { operate } from '../../support/operator.ts'

const at = new Date(Date.now() - 3 * 3_600_000).toISOString()
const deployment = (status: string) => ({
  id: 'd1',
  status,
  image: { tag: '1.4', digest: `sha256:${'4'.repeat(64)}` },
  live_at: at,
  steps: [{ name: 'health' }],
})
const app = (name: string, more: object = {}) => ({
  name,
  live: deployment('succeeded'),
  current: null,
  last: deployment('succeeded'),
  on_hold: [],
  maintenance_since: null,
  stopped_since: null,
  awaits_data: [],
  health: { containers: 1, running: 1, restarts: 0, health: 'healthy' },
  ...more,
})

/** A terminal that tells what was drawn last. */
function terminal() {
  const input = Object.assign(new PassThrough(), { isTTY: true })
  const drawn = new EventEmitter()
  let written = ''
  const output = Object.assign(new EventEmitter(), {
    isTTY: true,
    columns: 80,
    rows: 24,
    write(text: string) {
      written += text
      drawn.emit('drawn')
      return true
    },
  })
  return {
    screen: { input, output, everyMs: 10 } as unknown as Parameters<typeof watch>[2],
    press: (key: string) => input.write(key),
    written: () => written,
    async until(text: string) {
      while (!stripVTControlCharacters(written).includes(text)) {
        await new Promise((resolve) => void drawn.once('drawn', resolve))
      }
    },
  }
}

async function receiver(apps: () => object[]) {
  const answering = await startAnswering({
    'GET /overview': (_request, response) => response.end(JSON.stringify({ apps: apps() })),
  })
  onTestFinished(answering.close)
  return { ...answering, socket: socketOf(answering.config, {}) }
}

test.for([['q'], ['\u0003']])(
  'a watched status is drawn anew until %j gives the terminal back',
  async ([key]) => {
    let apps = [
      app('api'),
      app('cron', {
        health: { containers: 2, running: 1, restarts: 3 },
        last: deployment('failed'),
      }),
      app('web', { health: null, on_hold: [{ digest: `sha256:${'5'.repeat(64)}` }] }),
      app('shop', { maintenance_since: at, current: deployment('running') }),
    ]
    const { socket } = await receiver(() => apps)
    const { screen, press, written, until } = terminal()
    const watching = watch(undefined, socket, screen)
    await until('shop')
    const lines = stripVTControlCharacters(written()).split('\r\n')
    expect(lines.slice(2, 7).map((line) => line.trim().replaceAll(/ {2,}/g, '  '))).toEqual([
      'APP  LIVE  AGE  HEALTH  LAST  UNDER WAY  ON HOLD',
      'api  1.4 sha256:444444444444  3 h  healthy  succeeded  -  -',
      'cron  1.4 sha256:444444444444  3 h  1 of 2 up, restarted 3x  failed  -  -',
      'web  1.4 sha256:444444444444  3 h  unknown  succeeded  -  sha256:555555555555',
      'shop  1.4 sha256:444444444444  3 h  maintenance  succeeded  health  -',
    ])
    apps = [app('newcomer\u001b[2J\u202e')]
    await until('newcomer\\u001b[2J\\u202e')
    press(key ?? '')
    await watching
    expect(written().startsWith('\u001b[?1049h\u001b[?25l')).toBe(true)
    expect(written().endsWith('\u001b[?25h\u001b[?1049l')).toBe(true)
  },
)

test('a receiver that is away is told of, and waited for', async () => {
  const { socket, close } = await receiver(() => [app('api')])
  const { screen, press, until } = terminal()
  const watching = watch(undefined, socket, screen)
  await until('healthy')
  close()
  await until(`no receiver listens on`)
  press('q')
  await watching
})

test('without a terminal, or with --json, a status is not watched', async () => {
  const { config } = await receiver(() => [])
  const run = (...words: string[]) => operate(['status', '--watch', ...words, '--config', config])
  expect(await run()).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/needs a terminal, and this is none\n {2}leave --watch out/),
  })
  expect(await run('--json')).toMatchObject({ code: 2 })
})
