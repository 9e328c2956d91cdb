import { expect, onTestFinished, test } from 'vitest'
import { startAnswering } from '../../support/answering.ts'
import { operate } from '../../support/operator.ts'

const digest = (n: number) => `sha256:${String(n).repeat(64)}`
const PLAN = {
  app: 'api',
  changes: true,
  image: { repository: 'ghcr.io/acme/api', tag: '1.4', digest: digest(4) },
  live: { deployment: 'd3', tag: '1.3', digest: digest(3) },
  settings: [
    { setting: 'environment.LOG_LEVEL', change: 'changed', secret: false, from: '"a"', to: '"b"' },
    { setting: 'environment.TOKEN', change: 'changed', secret: true },
    { setting: 'replicas', change: 'added', secret: false, to: '2' },
  ],
  steps: ['resolve', 'pull', 'start', 'health', 'swap', 'watch', 'drain', 'retire'],
  nginx: 'reload',
  pauses: false,
  running: 'd4',
  superseded: ['d5'],
  on_hold: { digest: digest(4), deployment: 'd3', since: '2026-01-01T00:00:00Z' },
  reload: {
    changes: [
      { setting: 'auth.secrets', change: 'changed', secret: true },
      { setting: 'watch_ms', change: 'changed', secret: false, from: '10000', to: '2000' },
    ],
  },
}

async function planned(plan: object, words: readonly string[] = [], columns?: number) {
  const asked: string[] = []
  const { config, close } = await startAnswering({
    'GET /apps/api': { image: { repository: 'ghcr.io/acme/api' } },
    'GET /apps/api/plan': ({ url = '' }, response) => {
      asked.push(decodeURIComponent(url))
      response.end(JSON.stringify(plan))
    },
  })
  onTestFinished(close)
  const { stdout, code } = await operate(['plan', 'api', ...words, '--config', config], {}, columns)
  return { stdout, code, asked }
}

test('a plan reads well on a narrow terminal', async () => {
  const { stdout, code, asked } = await planned(PLAN, ['1.4'], 60)
  expect(asked).toEqual(['/apps/api/plan?image=ghcr.io/acme/api:1.4'])
  expect(code).toBe(0)
  expect(stdout).toMatchInlineSnapshot(`
    "api: a deployment would change what is below
      image     1.3 sha256:333333333333 -> 1.4
                sha256:444444444444
      settings  environment.LOG_LEVEL: "a" -> "b"
      settings  environment.TOKEN changed (secret)
      settings  + replicas: 2
      steps     resolve, pull, start, health, swap, watch,
                drain, retire
      Nginx     gets another port or number of replicas, and is
                reloaded once
      visitors  do not notice: the new container is live before
                the old one ends
      reload    the config was edited, and this waits for
                deploy-receiver reload:
                auth.secrets changed (secret)
                watch_ms: 10000 -> 2000
      before    d4 runs, and has to be over first
      before    d5 waits, and would be superseded
      on hold   sha256:444444444444 is on hold since d3 went
                back from it: this order lifts that
    "
  `)
})

test('nothing to change is said first, and is no failure', async () => {
  const same = {
    ...PLAN,
    changes: false,
    settings: [],
    reload: { changes: [], problem: '/c.yaml:3:1: apps: is missing' },
    image: { ...PLAN.image, digest: digest(3) },
  }
  const { stdout, code } = await planned(same)
  expect(stdout).toMatch(/^api: nothing would change: a deployment starts a new container/)
  expect(stdout).toContain('\n  settings  as now\n')
  expect(stdout).toContain(
    '\n  reload    would be refused, so the config that was read before holds: /c.yaml:3:1: ',
  )
  expect(code).toBe(0)
})
