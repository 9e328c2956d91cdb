import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs, promisify } from 'node:util'
import { allTheWhile } from '../support/all-the-while.ts'
import { ask } from '../support/ask.ts'
import { startDockerd } from '../support/dockerd.ts'
import { waitFor } from '../support/processes.ts'
import { startRegistry } from '../support/registry.ts'
import { pushTiny } from '../support/tiny-image.ts'
import { startVm } from '../support/vm.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'
import { postgresFiles, redisFiles, shopFiles } from './images.ts'

const run = promisify(execFile)
const PROGRAM = join(import.meta.dirname, '../../bin/deploy-receiver')

/** A worker that writes nothing for so long is stuck. */
const STILL_MS = 30_000

const USAGE = `usage: npm run test:compose -- [--deployments N]

  A project that Compose runs (web, worker, migration, PostgreSQL, Redis) is moved to the receiver and deployed N times, 20 by
  default, while orders come in. Says what was lost: no order may be, and no row.`

/** The project's file, with an image of the app. */
const compose = (image: string, databases: string) => `
name: compose-shop
x-app: &app { image: ${image}, stop_grace_period: 20s }
services:
  web:
    <<: *app
    depends_on:
      migrate: { condition: service_completed_successfully }
      cache: { condition: service_healthy }
  worker: { <<: *app, command: /worker.sh, depends_on: [db, cache] }
  migrate:
    <<: *app
    command: /migrate.sh
    depends_on: { db: { condition: service_healthy } }
  db:
    image: ${databases}:postgres
    command: /start.sh
    volumes: [rows:/data]
    healthcheck: { test: [CMD, pg_isready, -h, 127.0.0.1, -U, postgres], interval: 500ms, retries: 120 }
  cache:
    image: ${databases}:redis
    command: redis-server --protected-mode no --save ""
    healthcheck: { test: [CMD, redis-cli, ping], interval: 500ms, retries: 60 }
volumes: { rows: }
`

async function main(deployments: number): Promise<number> {
  const workspace = openWorkspace()
  try {
    return await deployAll(workspace, deployments)
  } finally {
    await workspace.close()
  }
}

async function deployAll(workspace: Workspace, deployments: number): Promise<number> {
  const [engine, registry] = await Promise.all([
    startDockerd({ dir: workspace.folder('engine') }),
    startRegistry({ dir: workspace.folder('registry'), username: 'acme', password: 'a-secret' }),
  ])
  const vm = await startVm({ dir: workspace.dir, dockerHost: engine.host, registry }, 'orders')
  const env = { ...process.env, DOCKER_HOST: engine.host, REGISTRY_PASSWORD: registry.password }
  const bin = 'PATH=/usr/lib/postgresql/15/bin:/usr/bin:/bin'
  const push = (image: string, files: Parameters<typeof pushTiny>[0]['files'] & object) =>
    pushTiny({
      host: engine.host,
      image,
      version: image,
      files,
      login: registry,
      config: { Env: [bin] },
    })
  const say = (text: string) => console.log(`${new Date().toISOString().slice(11, 19)}  ${text}`)

  const databases = `${registry.host}/acme/databases`
  await push(`${databases}:postgres`, postgresFiles())
  await push(`${databases}:redis`, redisFiles())
  const digests = [
    await push(`${vm.repository}:one`, shopFiles('one')),
    await push(`${vm.repository}:two`, shopFiles('two')),
  ]
  const folder = join(vm.dir, 'shop')
  mkdirSync(folder)
  const file = join(folder, 'compose.yaml')
  writeFileSync(file, compose(`${vm.repository}:one`, databases))

  const byHand = ['compose', '--file', file]
  await run('docker', [...byHand, 'up', '--detach', '--wait', 'web', 'worker', '--no-build'], {
    env,
  }).catch(async () => run('docker', [...byHand, 'up', '--detach'], { env }))
  const sql = async (text: string) => {
    const args = ['exec', 'compose-shop-db-1', 'psql', '-X', '-At', '-h', '127.0.0.1']
    return (await run('docker', [...args, '-U', 'postgres', '-c', text], { env })).stdout.trim()
  }
  await waitFor(async () => (await sql('select count(*) from releases')) === '1', {
    what: 'the migration of Compose did not run',
  })
  await sql("insert into orders values ('1', 'before')")
  const idOf = async (name: string) =>
    (await run('docker', ['inspect', '--format', '{{.Id}} {{.State.StartedAt}}', name], { env }))
      .stdout
  const database = await idOf('compose-shop-db-1')
  say('Compose runs the project')

  const { api = {} } = vm.config.apps
  const { image: _image, ...rest } = api
  vm.config.apps = {
    shop: { ...rest, domains: ['shop.test'], compose: { file, service: 'web' }, watch: '500ms' },
  }
  await vm.start()
  const problems: string[] = []
  const deploy = async (at: number) => {
    const began = performance.now()
    const { deployment } = await vm.hook(
      { image: `${vm.repository}@${digests[at % 2]}` },
      { app: 'shop' },
    )
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    say(`deployment ${at}: ${deployment.status} in ${seconds} s`)
    if (deployment.status !== 'succeeded') problems.push(JSON.stringify(deployment.error))
  }
  await deploy(0)
  const config = vm.receiver().config
  await run(PROGRAM, ['--config', config, 'compose', 'shop', '--', 'up', '-d'], { env })
  say("Compose's own web service and worker are gone")

  const taken = new Set<number>()
  let next = 1000
  const order = async () => {
    const number = next++
    const at = { port: vm.sites, domain: 'shop.test' }
    const { status, body } = await ask(at, { path: `/cgi-bin/order?${number}` }).catch(
      (error: unknown) => ({ status: 0, body: String(error) }),
    )
    if (status === 200 && body.trim() === 'taken') taken.add(number)
    else problems.push(`order ${number}: ${status} ${body.slice(0, 100)}`)
  }
  const orders = [allTheWhile(order), allTheWhile(order)]
  for (let at = 1; at <= deployments; at++) await deploy(at)
  await Promise.all(orders.map((each) => each.stop()))
  const done = async () =>
    Number(await sql("select count(*) from orders where version <> 'before'"))
  // as long as it gets on, on however busy a machine
  for (let [before, now] = [-1, await done()]; now < taken.size && now > before;) {
    await pause(STILL_MS)
    ;[before, now] = [now, await done()]
  }

  const written = await done()
  if (written !== taken.size) problems.push(`${taken.size} orders were taken, ${written} written`)
  if ((await sql("select count(*) from orders where version = 'before'")) !== '1') {
    problems.push('the row of before is gone')
  }
  if ((await idOf('compose-shop-db-1')) !== database) problems.push('the database was restarted')
  const releases = Number(await sql('select count(*) from releases'))
  if (releases !== deployments + 2) problems.push(`${releases} migrations ran`)
  const versions = await sql('select version, count(*) from orders group by 1 order by 1')
  say(`${taken.size} orders taken, ${written} written (${versions.replaceAll('\n', ', ')})`)
  for (const problem of problems.slice(0, 20)) say(`PROBLEM  ${problem}`)
  await vm.close()
  await engine.stop()
  await registry.stop()
  console.log(`${deployments} deployments, ${problems.length} problems`)
  return problems.length === 0 ? 0 : 1
}

const { values } = parseArgs({
  options: { deployments: { type: 'string', default: '20' }, help: { type: 'boolean' } },
})
if (values.help === true) console.log(USAGE)
else process.exitCode = await main(Number(values.deployments))
