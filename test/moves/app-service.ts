import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { runAction } from '../support/github-runner.ts'
import { startIssuer } from '../support/oidc-issuer.ts'
import { startAppService } from './platform.ts'
import { appFiles, databaseFiles } from './images.ts'
import {
  block,
  blocksBelow,
  dns,
  docker,
  push,
  put,
  putConfig,
  TXT_BY_HAND,
  type,
  untilCertified,
  WORK,
} from './machine.ts'
import type { Move } from './move.ts'
import { startVisitors } from './visitors.ts'

const DOMAIN = 'api.example.com'
const PAGE = blocksBelow('moving.md', 'From Azure App Service')
const CERTIFICATE = blocksBelow('moving.md', 'A certificate before DNS leads here')
const VM = '127.0.0.1'
/** In place of a TTL of 300 s: of as many steps each takes over a quarter of the visitors. */
const [STEPS, STEP_MS] = [4, 3000]

let platform: Awaited<ReturnType<typeof startAppService>>
let issuer: Awaited<ReturnType<typeof startIssuer>>

/** docs/moving.md, "From Azure App Service": another machine, a webhook, two slots, and DNS. */
export const appService: Move = {
  async before() {
    const database = await push('database', '1', { files: databaseFiles })
    await docker('network', 'create', 'elsewhere')
    await docker(
      'run',
      '-d',
      '--name',
      'shop-db',
      '--network',
      'elsewhere',
      '-e',
      'ROWS=/rows',
      '-v',
      'shop-rows:/rows',
      database,
    )
    await docker('exec', 'shop-db', '/bin/busybox', 'sh', '-c', 'echo a row of before >/rows/rows')
    const image = await pushApp('one')
    platform = await startAppService({
      domain: DOMAIN,
      image,
      database: 'shop-db',
      network: 'elsewhere',
    })
    await dns('add-a', { host: `${DOMAIN}.`, addresses: [platform.address] })
    issuer = await startIssuer()
    return startVisitors({
      domain: DOMAIN,
      address: platform.address,
      authorities: [platform.authority, join(WORK, 'authorities.pem')],
    })
  },

  async move(visitors) {
    put('/root/txt', TXT_BY_HAND, 0o700)
    // step 2
    await type(block(CERTIFICATE, 'certbot certonly'))
    // step 3: a database that the VM reaches by its address
    const config = block(
      PAGE.filter(({ language }) => language === 'yaml'),
      'url:',
    )
    const address = await docker(
      'inspect',
      '--format',
      '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}',
      'shop-db',
    )
    const changes = [
      ['registries:\n  acme.azurecr.io: { azure: true }\n', ''],
      [
        'environment: { LOG_LEVEL: info }',
        `environment: { LOG_LEVEL: info, DATABASE_HOST: ${address} }`,
      ],
      ['oidc: { repository_id', `oidc: { issuer: '${issuer.url}', repository_id`],
    ] as const
    putConfig(config, changes)
    await type('deploy-receiver check; systemctl restart deploy-receiver')
    // hooks come by https
    await untilCertified('url.deploy.example.com')
    // step 5: both, by one run of the Action; then a slot that is swapped in, as before
    await deployToBoth('one')
    await platform.swap()
    await deployToBoth('two')
    // step 6
    await type(block(PAGE, 'curl -fsS --resolve'))
    // step 8
    await dns('add-a', { host: `${DOMAIN}.`, addresses: [VM] })
    for (let moved = 1; moved <= STEPS; moved++) {
      visitors.lead(Array.from({ length: STEPS }, (_, at) => (at < moved ? VM : platform.address)))
      await pause(STEP_MS)
    }
    const said = await type('deploy-receiver doctor || true')
    if (!/^ok +site of api +Nginx serves it at https:/m.test(said)) throw new Error(said)
  },

  async after() {
    // step 9
    await platform.delete()
    await pushApp('three')
    await deploy([HOOK], 'three')
    await issuer.stop()
  },

  orders: () => docker('exec', 'shop-db', '/bin/busybox', 'cat', '/rows/rows'),
  // it keeps everything in its database
  kept: async () => true,
}

const HOOK = 'https://deploy.example.com/hooks/api'
const pushApp = (version: string) =>
  push('api', version, { files: { ...appFiles, 'www/healthz': 'ok\n' } })

async function deployToBoth(version: string): Promise<void> {
  await pushApp(version)
  await deploy([platform.webhook, HOOK], version)
  await platform.shows(version)
}

async function deploy(urls: string[], version: string): Promise<void> {
  const { exitCode, lines } = await runAction({
    inputs: {
      url: urls.join('\n'),
      build: 'false',
      image: '127.0.0.1:5000/acme/api:latest',
      username: 'acme',
      password: 'any',
      timeout: '5m',
    },
    env: {
      DOCKER_HOST: 'unix:///run/docker.sock',
      NODE_EXTRA_CA_CERTS: join(WORK, 'every.pem'),
      GITHUB_RUN_ID: `run-${version}`,
      ACTIONS_ID_TOKEN_REQUEST_URL: issuer.requestUrl,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: issuer.requestToken,
    },
  })
  if (exitCode !== 0) throw new Error(lines.join('\n'))
}
