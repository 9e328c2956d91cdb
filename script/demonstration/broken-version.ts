import { ask, versionOf } from '../../test/support/ask.ts'
import { startLoad } from '../../test/support/load.ts'
import { expect, milliseconds, type Outcome } from './output.ts'
import { push } from './push.ts'
import type { Scene } from './scene.ts'

const PROBE_ANSWER = /answered 503.*no connection to the database/
const SAID_ELSEWHERE = /HEALTHCHECK|unhealthy|Readiness probe failed/
const CONTAINER_LOG = /cannot reach the database at db\.internal:5432/

/** A version that never becomes healthy never gets a request, and the job's log says why it did not. */
export async function brokenVersion(scene: Scene): Promise<Outcome> {
  const load = startLoad(scene.stack.hello, { gets: 2, posts: 1, slowMs: 1000 })
  const [result] = await Promise.allSettled([push(scene, '3', { broken: true })])
  const report = await load.stop()
  if (result.status === 'rejected') throw result.reason
  const { exitCode, lines } = result.value
  const seen = report.versions.map(({ version }) => version).join(', ')
  const log = lines.join('\n')
  expect(exitCode !== 0, `the Action did not fail:\n${log}`)
  if (scene.engine === 'docker') {
    expect(report.failed === 0, [`${report.failed} requests failed`, ...report.reasons].join('\n'))
    expect(seen === '1', `clients met version ${seen}, not 1 alone`)
    expect(PROBE_ANSWER.test(log), `the Action's output lacks the probe's answer:\n${log}`)
  } else expect(SAID_ELSEWHERE.test(log), `the Action's output does not say why:\n${log}`)
  expect(CONTAINER_LOG.test(log), `the Action's output lacks the container's log:\n${log}`)
  const after = versionOf(await ask(scene.stack.hello))
  expect(after === '1', `version ${after} is there, not 1`)
  return {
    line: `refused; ${report.requests.toLocaleString('en')} requests meanwhile, ${report.failed} failed, and version 1 is there`,
    blocks: [{ title: "the Action's output, its end", lines: ending(lines) }],
    figures: [
      ['requests to version 1 meanwhile', report.requests.toLocaleString('en')],
      ['failed', String(report.failed)],
      ['longest gap of one client', milliseconds(report.longestGapMs)],
    ],
  }
}

/** From the first word of it to where the annotations repeat it all; of equal lines of the container's log only the first. */
function ending(lines: readonly string[]): string[] {
  const from = lines.findIndex((line) => PROBE_ANSWER.test(line) || SAID_ELSEWHERE.test(line))
  const until = lines.findIndex((line, at) => at > from && line.startsWith('error: '))
  return lines
    .slice(from, until < 0 ? undefined : until + 1)
    .filter((line, at, all) => line.trim() !== '' && line !== all[at - 1])
}
