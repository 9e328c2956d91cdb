import { expect, onTestFinished, test, vi } from 'vitest'
import { reportEnd } from '../../action/report.ts'
import { renderSummary } from '../../action/summary.ts'
import { deploymentOf } from './deployment-of.ts'

const url = 'https://deploy.example.com/hooks/hello'
const digest = `sha256:${'a'.repeat(64)}`

test('a deployment is one table with its steps', () => {
  const deployment = deploymentOf({
    status: 'succeeded',
    image: { repository: 'ghcr.io/acme/hello', tag: 'main', digest },
    previous: { deployment: 'd0', digest: `sha256:${'b'.repeat(64)}` },
    finished_at: '2026-01-02T03:04:09.200Z',
    steps: [
      { name: 'pull', status: 'succeeded', started_at: '', ms: 812 },
      { name: 'health', status: 'succeeded', started_at: '', ms: 1200 },
    ],
  })
  const text = renderSummary([{ url, app: 'hello', status: 'succeeded', deployment }])
  expect(text).toContain('### ✅ hello: succeeded')
  expect(text).toContain('<code>ghcr.io/acme/hello:main</code>')
  expect(text).toContain(`<code>${digest}</code>`)
  expect(text).toContain('<td>4.2 s</td>')
  expect(text).toContain('<td>pull 812 ms · health 1.2 s</td>')
  expect(text).toContain('b'.repeat(64))
  expect(text).toContain(url)
})

test('a failure shows its reason, its hint, and the log folded', () => {
  const error = {
    code: 'unhealthy',
    message: 'GET / answered 500',
    hint: 'Look.',
    log: ['one', '', 'three'],
  }
  const text = renderSummary([
    { url, app: 'hello', status: 'failed', deployment: deploymentOf({ status: 'failed', error }) },
  ])
  expect(text).toContain('<b>GET / answered 500</b> (<code>unhealthy</code>)')
  expect(text).toContain('<p>Look.</p>')
  expect(text).toContain(
    '<details><summary>Last 3 lines of the container</summary>\n\n<pre>\none\n\nthree\n</pre>\n\n</details>',
  )
})

test('nothing that a container or a receiver says becomes markup', () => {
  const evil = '</pre><img src=x>\n\n# heading & "more"'
  const error = { code: evil, message: evil, hint: evil, log: [evil] }
  const text = renderSummary([
    {
      url,
      app: 'hello',
      status: 'failed',
      deployment: deploymentOf({
        id: evil,
        status: 'failed',
        steps: [{ name: evil, status: 'failed', started_at: '' }],
        error,
      }),
    },
  ])
  expect(text).not.toContain('<img')
  expect(text.split('<pre>')[0]).not.toContain('\n# heading')
  expect(text).toContain('&lt;/pre&gt;&lt;img src=x&gt;')
})

test('what is said in several lines stands on one', () => {
  const error = { code: 'exited', message: '  it ended \r\n\n\t early\n' }
  const text = renderSummary([
    { url, app: 'hello', status: 'failed', deployment: deploymentOf({ status: 'failed', error }) },
  ])
  expect(text).toContain('<b>it ended early</b>')
})

test('a receiver that cannot be followed, and a build without one, have a table too', () => {
  expect(renderSummary([{ url, app: 'shop', status: 'accepted' }])).toContain(
    '### 📨 shop: accepted',
  )
  const references = ['ghcr.io/acme/hello:1']
  const image = `ghcr.io/acme/hello:1@${digest}`
  expect(renderSummary([], { image, references })).toContain('Pushed')
  expect(renderSummary([], { references })).toContain('Built, not pushed')
})

test('a summary that cannot be written is warned of, and hides nothing of how the job ends', async () => {
  const said = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  vi.stubEnv('GITHUB_STEP_SUMMARY', '/no/such/summary.md')
  onTestFinished(() => {
    vi.unstubAllEnvs()
    said.mockRestore()
  })
  await reportEnd([], { references: ['ghcr.io/acme/hello:1'] }, '')
  expect(said.mock.calls.join('')).toMatch(
    /^::warning::the summary cannot be written: .*summary\.md/,
  )
})
