import { type Load, startLoad } from '../../test/support/load.ts'
import { waitFor } from '../../test/support/processes.ts'
import type { KindReport, LoadReport } from '../../test/support/tally.ts'
import { expect, milliseconds, type Outcome } from './output.ts'
import { pushSuccessfully } from './push.ts'
import { findDeployment } from './receiver-socket.ts'
import type { Scene } from './scene.ts'

const ENOUGH_REQUESTS = 300

/** A second version takes over while clients of every kind go on asking; in slots not one of their requests may fail. */
export async function secondVersion(scene: Scene): Promise<Outcome> {
  const load = startLoad(scene.stack.hello)
  const id = await deployUnder(load, scene).catch(async (error: unknown) => {
    await load.stop()
    throw error
  })
  const report = await load.stop()
  const deployment = await findDeployment(scene.stack, id)
  const first = report.versions.find(({ version }) => version === '2')
  expect(first !== undefined, `version 2 never answered; seen: ${JSON.stringify(report.versions)}`)
  // a swarm promises less: it is told how much
  if (scene.engine === 'docker') {
    expect(report.failed === 0, [`${report.failed} requests failed`, ...report.reasons].join('\n'))
  }
  expectAllKinds(report)
  const takeover = milliseconds(first.firstAt - Date.parse(deployment.created_at))
  const requests = report.requests.toLocaleString('en')
  return {
    line: `${requests} requests, ${report.failed} failed, longest gap ${milliseconds(report.longestGapMs)}, hook → first answer ${takeover}`,
    blocks: [
      { title: 'requests through Nginx', lines: Object.entries(report.kinds).map(kindLine) },
    ],
    figures: [
      ['requests', requests],
      ['failed', String(report.failed)],
      ['longest gap of one client', milliseconds(report.longestGapMs)],
      ['hook → first answer, under load', takeover],
    ],
  }
}

async function deployUnder(load: Load, scene: Scene): Promise<string> {
  await waitForRequests(load, ENOUGH_REQUESTS)
  const { outputs } = await pushSuccessfully(scene, '2')
  await waitForRequests(load, load.report().requests + ENOUGH_REQUESTS)
  return outputs['deployment-id'] ?? ''
}

const waitForRequests = (load: Load, requests: number) =>
  waitFor(() => load.report().requests >= requests, {
    what: `${requests} requests were not answered`,
  })

/** A kind of client that never got an answer would prove nothing. */
function expectAllKinds(report: LoadReport): void {
  for (const [kind, { requests }] of Object.entries(report.kinds)) {
    expect(requests > 0, `no request of the kind "${kind}" was answered`)
  }
}

const kindLine = ([kind, { requests, failed, longestGapMs }]: [string, KindReport]) =>
  `${kind.padEnd(18)} ${requests.toLocaleString('en').padStart(7)} requests  ${failed} failed  longest gap ${milliseconds(longestGapMs)}`
