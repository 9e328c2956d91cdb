import { expect, test, vi } from 'vitest'
import { deployTo } from '../../action/deploy.ts'
import { parseHookTarget } from '../../action/hook-target.ts'
import { readInputs } from '../../action/inputs.ts'
import type { Result } from '../../action/summary.ts'
import { contextOf } from './context-of.ts'
import { deploymentOf } from './deployment-of.ts'
import { answerJson, serve } from './loopback.ts'

const finished = { type: 'finished', at: '2026-01-02T03:04:06.000Z', status: 'succeeded' }

/** A receiver that names another place to follow at, which would be content with the token. */
async function receiver(followUrl: (own: string) => string) {
  const asked: string[] = []
  const own: string = await serve((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    if (request.method === 'POST') {
      const follow = { url: followUrl(own), token: 'follow-me' }
      return answerJson(response, 202, { deployment: deploymentOf(), follow })
    }
    if (request.url === '/deployments/d1') {
      return answerJson(response, 200, deploymentOf({ status: 'succeeded' }))
    }
    response.end(`id: 1\ndata: ${JSON.stringify(finished)}\n\n`)
  })
  return { own, asked }
}

function deploy(
  own: string,
  {
    wait = true,
    signal = new AbortController().signal,
  }: { wait?: boolean; signal?: AbortSignal } = {},
) {
  const results: Result[] = []
  const run = contextOf()
  const url = `${own}/hooks/hello`
  const given: Record<string, string> = {
    url,
    secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
    image: 'ghcr.io/acme/hello:main',
    build: 'false',
    wait: String(wait),
  }
  const inputs = readInputs(run, (name) => given[name] ?? '')
  const order = { inputs, run, image: inputs.image, attestations: [], signal }
  const outcome = deployTo(parseHookTarget(url), order, (result) => void results.push(result))
  return { outcome, results }
}

const elsewhere = [
  ['another host', (_own: string, other: string) => `${other}/deployments/d1/events`],
  ['another port', (own: string) => own.replace(/\d+$/, '1') + '/deployments/d1/events'],
  ['another scheme', (own: string) => own.replace('http:', 'https:') + '/deployments/d1/events'],
  ['a host behind an @', (own: string, other: string) => `${own}@${other.slice(7)}/events`],
  ['a file', () => 'file:///etc/passwd'],
  ['a path alone', () => '/deployments/d1/events'],
  ['nothing', () => ''],
] as const

test.each(elsewhere)(
  'what is to be followed at %s is not, and nobody is told the token',
  async (_what, name) => {
    const other = await receiver((own) => own)
    const { own, asked } = await receiver((url) => name(url, other.own))
    const { outcome, results } = deploy(own)
    await expect(outcome).rejects.toMatchObject({
      code: 'bad_answer',
      message: expect.stringMatching(
        /follow\.url of its answer is at ".*", not at http:\/\/127\.0\.0\.1:\d+: nothing is sent there$/,
      ) as string,
      hint: expect.stringContaining('goes on by itself') as string,
    })
    expect(asked).toEqual(['POST /hooks/hello'])
    expect(other.asked).toEqual([])
    // or the report would ask there
    expect(results.at(-1)).not.toHaveProperty('follow')
    expect(results.at(-1)?.deployment?.id).toBe('d1')
  },
)

test.each(elsewhere)('a job that does not wait does not mind %s', async (_what, name) => {
  const { own, asked } = await receiver((url) => name(url, 'http://127.0.0.1:1'))
  const { outcome } = deploy(own, { wait: false })
  expect(await outcome).toMatchObject({ status: 'queued' })
  expect(asked).toEqual(['POST /hooks/hello'])
})

test('what is to be followed at the same origin is', async () => {
  const { own } = await receiver((url) => `${url}/deployments/d1/events`)
  expect(await deploy(own).outcome).toMatchObject({ status: 'succeeded' })
})

test.for([
  ['http://127.0.0.1:1/hooks/hello', false],
  ['http://[::1]:1/hooks/hello', false],
  ['http://127.0.0.1.example.com/hooks/hello', true],
] as const)('%s without TLS is warned of: %s', async ([url, isWarned]) => {
  const said = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const outcome = deploy(url.replace('/hooks/hello', ''), { signal: AbortSignal.abort() }).outcome
  await expect(outcome).rejects.toMatchObject({ code: 'cancelled' })
  const text = said.mock.calls.join('')
  said.mockRestore()
  expect(text.includes('is posted to without TLS')).toBe(isWarned)
})
