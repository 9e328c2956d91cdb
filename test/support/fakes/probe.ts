import type { Container } from '../../../receiver/core/slots/container.ts'
import type { Probe } from '../../../receiver/core/slots/ports.ts'

/** Answers of the probe, by digest; 200 unless set. */
export type FakeAnswers = Map<string, () => { status: number; body: string }>

/** Asks the containers of a fake engine: whoever runs at the address answers. */
export const createFakeProbe =
  (containers: ReadonlyMap<string, Container>, answers: FakeAnswers): Probe =>
  async ({ url }) => {
    const at = [...containers.values()].find(({ address }) => url.includes(`//${address}:`))
    if (at?.running !== true) throw new Error(`connection refused by ${url}`)
    return answers.get(at.digest)?.() ?? { status: 200, body: 'ok' }
  }
