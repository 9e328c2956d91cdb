import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { runCommand } from '../../../../../receiver/edges/nginx/command.ts'
import { isLoopback } from '../../../../../receiver/core/ip-address.ts'
import { doorsOf } from '../../../../../receiver/edges/nginx/ask/doors.ts'
import { createSites } from '../../../../../receiver/edges/nginx/sites.ts'
import { createSlots } from '../../../../../receiver/edges/slots.ts'
import { makeCertificates } from '../../../../support/certificates.ts'
import { INSTALLATION } from '../../../../support/home.ts'
import { type PrivateNginx, startNginx } from '../../../../support/nginx.ts'
import { freePort } from '../../../../support/ports.ts'
import { openWorkspace, type Workspace } from '../../../../support/workspace.ts'

const atPort = (port: number) => ({ blue: { port, replicas: 1 }, green: { port, replicas: 1 } })
const SAME = atPort(8000)
const REFUSED = { name: 'DeployError', code: 'not_served' }

let workspace: Workspace
let dir: string
let nginx: PrivateNginx
let port: number
// each test has an app of its own
let count = 0
let app: string

beforeAll(async () => {
  workspace = openWorkspace()
  dir = workspace.folder('nginx')
  nginx = await startNginx({ dir })
})
beforeEach(async () => {
  port = await freePort()
  app = `app-${++count}`
})
afterAll(() => workspace.close())

/** A receiver's Nginx with one app, which listens at `port`. */
function sitesOf({
  domains = [`${app}.test`],
  listen = [`127.0.0.1:${port}`],
  ...settings
}: {
  domains?: string[]
  listen?: string[]
  directory?: string
  test?: string
  reload?: string
} = {}) {
  const sites = createSites({
    installation: INSTALLATION.id,
    nginx: { ...nginx, listen, ...settings },
    app: () => ({ domains, pauses: false }),
    flags: createSlots(join(workspace.dir, 'data')).flags,
    address: () => '127.0.0.1',
  })
  return {
    ...sites,
    ensure: (at = 8000) => sites.ensure({ [app]: atPort(at) }),
    ask: () => sites.ask(app, new AbortController().signal),
    look: () => sites.look(app),
  }
}

/** A site of somebody else's, read before ours by its name. */
function put(text: string): () => void {
  const file = join(nginx.directory, `a-${app}.conf`)
  writeFileSync(file, text)
  return () => rmSync(file)
}

test('what visitors come by is found out: plain, at its port, and nothing for a wildcard alone', async () => {
  const sites = sitesOf({ domains: ['*.wild.test', 'one.test', 'www.one.test'] })
  await sites.ensure()
  expect(await sites.ask()).toEqual({ url: `http://one.test:${port}` })
  expect(await sites.look()).toEqual({ url: `http://one.test:${port}` })
  const wild = sitesOf({ domains: ['*.wild.test'] })
  await wild.ensure()
  expect(await wild.ask()).toEqual({})
})

test('a port that another program has is not_served with what answers there, and served once it is free', async () => {
  const other = createServer((_, response) => response.writeHead(200, { server: 'Else' }).end())
  other.listen(port, '127.0.0.1')
  await once(other, 'listening')
  const sites = sitesOf()
  expect(await sites.ensure()).toMatchObject({ changed: true })
  const refusal = {
    ...REFUSED,
    message: `127.0.0.1:${port} answers 200 (Else) for ${app}.test, which is not what Nginx was told of it`,
    hint: expect.stringContaining(`ss -ltnp 'sport = :${port}'`),
  }
  await expect(sites.ask()).rejects.toMatchObject(refusal)
  await expect(sites.look()).rejects.toMatchObject(refusal)
  other.closeAllConnections()
  other.close()
  await once(other, 'close')
  // a look changes nothing, and a deployment has Nginx try again, which has to like its files
  await expect(sites.look()).rejects.toMatchObject({ code: 'not_served' })
  const mend = put('sever { }')
  await expect(sitesOf().ask()).rejects.toMatchObject({
    code: 'nginx_failed',
    message: expect.stringContaining('unknown directive "sever"'),
  })
  mend()
  expect(await sites.ask()).toEqual({ url: `http://${app}.test:${port}` })
  expect(await sites.look()).toEqual({ url: `http://${app}.test:${port}` })
})

test('a folder that Nginx does not read is not_served, with the line to put in', async () => {
  const directory = join(workspace.folder(`elsewhere-${count}`), 'conf.d')
  mkdirSync(directory)
  const sites = sitesOf({ directory })
  await sites.ensure()
  await expect(sites.ask()).rejects.toMatchObject({
    ...REFUSED,
    message: `Nginx does not read ${directory}/deploy-receiver.${app}.conf`,
    hint: expect.stringContaining(`include ${directory}/*.conf;`),
  })
})

test('another site of the same name is not_served with its file, and nginx -t warns of it', async () => {
  const away = put(
    `server { listen 127.0.0.1:${port}; server_name ${app}.test; return 200 "else"; }`,
  )
  const sites = sitesOf({ domains: [`first.${app}.test`, `${app}.test`] })
  expect((await sites.ensure()).warnings).toEqual([
    `conflicting server name "${app}.test" on 127.0.0.1:${port}, ignored`,
  ])
  await expect(sites.ask()).rejects.toMatchObject({
    ...REFUSED,
    message: `another site of Nginx has the name ${app}.test, in ${nginx.directory}/a-${app}.conf, and answers first`,
  })
  expect((await sites.check()).warnings).toHaveLength(1)
  away()
  expect(await sites.ask()).toEqual({ url: `http://first.${app}.test:${port}` })
  expect(await sites.check()).toEqual({
    state: expect.stringMatching(/^it takes its files, and runs; it is 1\.\d+\.\d+/),
    warnings: [],
  })
})

test('a site that somebody has loopback for is asked for at another address of the machine', async () => {
  const away = put(`server { listen 127.0.0.1:${port}; server_name x.test; return 200 "else"; }`)
  const sites = sitesOf({ listen: [String(port)] })
  await sites.ensure()
  expect(await sites.ask()).toEqual({ url: `http://${app}.test:${port}` })
  away()
})

test('an address that another site has for itself is told of: its visitors get that one', async () => {
  const { at } = doorsOf(String(port)).find((door) => !isLoopback(door.at)) ?? {}
  const away = put(`server { listen ${at}:${port}; server_name x.test; return 200 "else"; }`)
  const sites = sitesOf({ listen: [String(port)] })
  await sites.ensure()
  const said = `${at}:${port} answers 200 (nginx/`
  expect(await sites.look()).toEqual({
    url: `http://${app}.test:${port}`,
    warning: expect.stringContaining(said),
  })
  away()
  const named = sitesOf({ listen: [String(port), `${at}:${port}`] })
  await named.ensure()
  expect(await named.ask()).toEqual({ url: `http://${app}.test:${port}` })
})

test('a file of ours that Certbot edited is asked for where it listens now', async () => {
  const sites = sitesOf()
  await sites.ensure()
  const tls = await freePort()
  const { certificate, key } = makeCertificates(workspace.folder(`tls-${count}`), '127.0.0.1')
  const conf = join(nginx.directory, `deploy-receiver.${app}.conf`)
  const listen = `  listen 127.0.0.1:${port};\n`
  writeFileSync(
    conf,
    `${readFileSync(conf, 'utf8').replace(
      listen,
      `    listen 127.0.0.1:${tls} ssl; # managed by Certbot
    ssl_certificate ${certificate}; # managed by Certbot
    ssl_certificate_key ${key}; # managed by Certbot\n`,
    )}
server {
    if ($host = ${app}.test) {
        return 301 https://$host$request_uri;
    } # managed by Certbot
${listen}  server_name ${app}.test;
    return 404; # managed by Certbot
}
`,
  )
  await runCommand(nginx.reload)
  expect(await sites.ensure()).toMatchObject({ changed: false })
  expect(await sites.ask()).toEqual({ url: `https://${app}.test:${tls}` })
})

test(
  'what another change replaces while it is asked for is asked for as it is then',
  { tags: 'long' },
  async () => {
    const sites = sitesOf({ reload: `sleep 0.1; ${nginx.reload}; sleep 0.2` })
    const first = sites.ensure()
    // its files are there, and Nginx is not told yet; by the second its workers of the first are gone
    const conf = join(nginx.directory, `deploy-receiver.${app}.conf`)
    while (!existsSync(conf)) await setImmediate()
    const asked = sites.ask()
    const second = sites.ensure(9000)
    expect(await asked).toEqual({ url: `http://${app}.test:${port}` })
    await Promise.all([first, second])
  },
)

test('an app of which Nginx was never told is not_served', async () => {
  await expect(sitesOf().ask()).rejects.toMatchObject({
    ...REFUSED,
    message: `Nginx was never told of ${app}`,
  })
})

test('while Nginx does not run files are put in place, which is said, and it takes them when it starts', async () => {
  const own = workspace.folder('down')
  const down = await startNginx({ dir: own })
  const listen = [`127.0.0.1:${port}`]
  const { directory, test: command, reload } = down
  const sites = createSites({
    installation: INSTALLATION.id,
    nginx: { directory, test: command, reload, listen },
    app: (name) => ({ domains: [`${name}.test`], pauses: false }),
    flags: createSlots(join(workspace.dir, 'data')).flags,
    address: () => '127.0.0.1',
  })
  const ask = (of: string) => sites.ask(of, new AbortController().signal)
  await sites.ensure({ [app]: SAME })
  expect(await ask(app)).toEqual({ url: `http://${app}.test:${port}` })
  await down.stop()
  expect(await sites.ensure({ [app]: SAME, second: SAME })).toMatchObject({ changed: true })
  const warning = `Nginx does not run: nothing listens at 127.0.0.1:${port}. Its files are in place, and it takes them when it starts: systemctl start nginx`
  expect(await ask(app)).toEqual({ warning })
  expect(await ask('second')).toEqual({ warning })
  await expect(sites.look('second')).rejects.toMatchObject({
    ...REFUSED,
    hint: expect.stringContaining('systemctl start nginx'),
  })
  // nothing is left to be done
  expect(await sites.ensure({ [app]: SAME, second: SAME })).toMatchObject({ changed: false })
  const again = await startNginx({ dir: own })
  expect(await ask('second')).toEqual({ url: `http://second.test:${port}` })
  await again.stop()
})

test(
  'a site of the user’s own is found by the snippet that it includes, over TLS too',
  { tags: 'long' },
  async () => {
    const sites = sitesOf({ domains: [] })
    const nobody = {
      ...REFUSED,
      message: `no site of Nginx includes ${join(dir, 'deploy-receiver.d', `${app}.slot`)}`,
      hint: expect.stringContaining(`apps.${app}`),
    }
    await sites.ensure()
    await expect(sites.ask()).rejects.toMatchObject(nobody)
    await expect(sites.look()).rejects.toMatchObject(nobody)

    const tls = await freePort()
    const { certificate, key } = makeCertificates(workspace.folder('tls'), '127.0.0.1')
    const snippet = `include deploy-receiver.d/${app}.slot;`
    const away = put(`
    server {
      listen 127.0.0.1:${port};
      server_name ${app}.test; return 301 https://$host$request_uri;
    }
    server {
      # a brace { and a "quote
      listen 127.0.0.1:${tls} ssl proxy_protocol;
      server_name "~^(?<what>[a-z]{2,})\\.test$" www.${app}.test;
      ssl_certificate '${certificate}'; ssl_certificate_key "${key}";
      auth_basic closed; auth_basic_user_file /nowhere; deny all;
      ${snippet}
    }`)
    await runCommand(nginx.reload)
    expect(await sites.ask()).toEqual({ url: `https://www.${app}.test:${tls}` })
    expect(await sites.look()).toEqual({ url: `https://www.${app}.test:${tls}` })
    away()
    const ownCertificate = `ssl_certificate ${certificate}; ssl_certificate_key ${key};
    ssl_client_certificate ${certificate}; ssl_verify_client on;`
    for (const [listen, closed] of [
      [port, 'if ($uri) { return 503; }'],
      [`${tls} ssl`, ownCertificate],
    ]) {
      const kept = put(`
      server { listen 127.0.0.1:${listen}; server_name ${app}.test; ${closed} ${snippet} }`)
      await runCommand(nginx.reload)
      expect(await sites.ask()).toMatchObject({
        warning: expect.stringContaining('keeps visitors out'),
      })
      kept()
    }
  },
)

test(
  'a site of the user’s own cannot be found by a command that is not nginx -t, which is said',
  { tags: 'long' },
  async () => {
    const sites = sitesOf({
      domains: [],
      test: `true; ${nginx.test.replace('-t', '-q -t -q')}; true`,
    })
    await sites.ensure()
    for (const silent of ['true', `${nginx.test} >/dev/null 2>&1`]) {
      expect(await sitesOf({ domains: [], test: silent }).ask()).toMatchObject({
        warning: expect.stringContaining('could not be asked'),
      })
    }
  },
)

test('an Nginx in a container, whose ports may be published as others, is no failure when nothing answers here', async () => {
  const reload = 'docker() { true; }; docker exec web nginx -s reload'
  const sites = sitesOf({ reload })
  await sites.ensure()
  const warning = `Nginx could not be asked: it is reached by \`${reload}\`, and does not answer at 127.0.0.1:${port} of this machine`
  expect(await sites.ask()).toEqual({ warning })
  expect(await sites.look()).toEqual({ warning })
})
