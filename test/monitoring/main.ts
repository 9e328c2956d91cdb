// promtool over the metrics of 200 apps and over examples/monitoring; then every query of the dashboard and of the rules on a Prometheus
// that scraped them. Ends with 1 when one is refused, or finds nothing though there is something to find.
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createMetrics } from '../../receiver/edges/metrics/metrics.ts'
import { readingsOf } from '../receiver/edges/metrics/readings.ts'
import { freePort } from '../support/ports.ts'

const EXAMPLES = join(import.meta.dirname, '../../examples/monitoring')
/** For what is known to come. */
const PATIENCE_MS = 120_000
const TOKEN = 'a token of read_tokens, which has 24 bytes or more'
const APPS = Array.from({ length: 200 }, (_, at) => `app-${at}`)
const [dir = ''] = process.argv.slice(2)

const metrics = createMetrics({
  isApp: (name) => APPS.includes(name),
  look: async () => readingsOf(APPS),
})
for (const app of APPS) metrics.deployment({ app, action: 'deploy', outcome: 'succeeded' })
metrics.step({ step: 'pull', outcome: 'succeeded', seconds: 3 })
metrics.hook({ app: 'app-0', kind: 'oidc', outcome: 'accepted' })

const text = await metrics.text()
execFileSync('promtool', ['check', 'metrics'], {
  input: text,
  stdio: ['pipe', 'inherit', 'inherit'],
})
console.log(`promtool takes ${text.split('\n').length} lines of ${APPS.length} apps`)

const server = createServer((request, response) => {
  const isKnown = request.headers.authorization === `Bearer ${TOKEN}`
  if (!isKnown || request.url !== '/metrics') return void response.writeHead(401).end()
  metrics.hook({ app: 'app-0', kind: 'oidc', outcome: 'accepted' })
  metrics.step({ step: 'pull', outcome: 'succeeded', seconds: 3 })
  metrics.text().then(
    (all) => response.writeHead(200, { 'content-type': metrics.contentType }).end(all),
    () => response.writeHead(500).end(),
  )
}).listen(0, '127.0.0.1')
await new Promise((resolve) => server.once('listening', resolve))

cpSync(EXAMPLES, dir, { recursive: true })
writeFileSync(join(dir, 'deploy-receiver.token'), TOKEN)
const config = join(dir, 'prometheus.yml')
execFileSync('promtool', ['check', 'config', config], { stdio: 'inherit' })
const { port } = server.address() as AddressInfo
writeFileSync(
  config,
  readFileSync(config, 'utf8')
    .replace('127.0.0.1:9081', `127.0.0.1:${port}`)
    .replace('scrape_interval: 15s', 'scrape_interval: 3s'),
)
const listen = `127.0.0.1:${await freePort()}`
const prometheus = spawn(
  'prometheus',
  [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(dir, 'data')}`,
    `--web.listen-address=${listen}`,
    '--log.level=error',
  ],
  { stdio: 'inherit' },
)

interface Result {
  status: string
  error?: string
  data?: { result: unknown[] }
}
const query = async (expression: string): Promise<Result> => {
  const url = `http://${listen}/api/v1/query?query=${encodeURIComponent(expression)}`
  return (await (await fetch(url)).json()) as Result
}
/** What Grafana puts in the place of its variables. */
const filledIn = (expression: string) =>
  expression
    .replaceAll('$__rate_interval', '1m')
    .replaceAll('$__interval', '1m')
    .replaceAll(/\$(?:instance|app)/g, '.*')

interface Dashboard {
  panels: { title: string; targets: { expr: string }[] }[]
  annotations: { list: { expr: string }[] }
}

try {
  // two scrapes: `rate` needs them
  const deadline = Date.now() + PATIENCE_MS
  while (true) {
    const seen = await query('min_over_time(up[1m]) + count_over_time(up[1m]) > 4').catch(() => {})
    if ((seen?.data?.result.length ?? 0) > 0) break
    if (Date.now() > deadline) throw new Error('Prometheus scraped nothing')
    await pause(500)
  }
  const { panels, annotations } = JSON.parse(
    readFileSync(join(EXAMPLES, 'grafana-dashboard.json'), 'utf8'),
  ) as Dashboard
  let asked = 0
  for (const { title, targets } of panels) {
    for (const { expr } of targets) {
      // of a scrape that came too late, on a busy machine, nothing is there until the next
      while (true) {
        const { status, error, data } = await query(filledIn(expr))
        if (status !== 'success') throw new Error(`${title}: ${expr}: ${error}`)
        if ((data?.result.length ?? 0) > 0) break
        if (Date.now() > deadline + PATIENCE_MS) throw new Error(`${title}: ${expr} finds nothing`)
        await pause(500)
      }
      asked += 1
    }
  }
  for (const { expr } of annotations.list) {
    const { status, error } = await query(filledIn(expr))
    if (status !== 'success') throw new Error(`${expr}: ${error}`)
  }
  const rules = (await (await fetch(`http://${listen}/api/v1/rules`)).json()) as {
    data: { groups: { rules: { name: string; health: string }[] }[] }
  }
  const all = rules.data.groups.flatMap((group) => group.rules)
  const broken = all.filter(({ health }) => health === 'err')
  if (broken.length > 0) throw new Error(broken.map(({ name }) => name).join(', '))
  console.log(
    `Prometheus answers ${asked} queries of ${panels.length} panels, and has ${all.length} rules`,
  )
} finally {
  prometheus.kill()
  server.close()
  server.closeAllConnections()
}
