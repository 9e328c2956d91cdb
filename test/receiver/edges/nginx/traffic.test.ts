import type { Server } from 'node:http'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import type { Visit } from '../../../../receiver/core/traffic/traffic.ts'
import { type AccessLog, hearAccessLog } from '../../../../receiver/edges/access-log.ts'
import { systemClock } from '../../../../receiver/edges/clock.ts'
import { accessLogs, readDump } from '../../../../receiver/edges/nginx/ask/server-blocks.ts'
import { whoTells } from '../../../../receiver/edges/nginx/ask/who-tells.ts'
import { featuresIn } from '../../../../receiver/edges/nginx/features.ts'
import { receiverFiles } from '../../../../receiver/edges/nginx/receiver-site.ts'
import { freePort } from '../../../support/ports.ts'
import { closed, openBehindNginx, startEcho } from './behind-nginx.ts'

let world: Awaited<ReturnType<typeof openBehindNginx>>
let log: AccessLog
let udp: number
let isWanted: boolean | undefined
const servers: Server[] = []
const visits: Visit[] = []
const APPS = ['api', 'shop', 'down', 'never', 'own', 'auth', 'quiet']
const FILE = 'deploy-receiver.url.deploy.test.conf'

const hear = async () => {
  const flag = world.slots.flags('api').heard
  const made = hearAccessLog(udp, (visit) => visits.push(visit), {
    hear: world.slots.hear,
    report: (message, details) => {
      throw new Error(`${message} ${JSON.stringify(details)}`)
    },
    nowMs: systemClock.ms,
  })
  await vi.waitUntil(() => existsSync(flag), { timeout: 30_000 })
  return made
}
const receiverFile = () => readFileSync(join(world.nginx.directory, FILE), 'utf8')
const nginxsLog = () => readFileSync(join(world.nginx.directory, '../requests.log'), 'utf8')
const nginxsErrors = () => readFileSync(join(world.nginx.directory, '../error.log'), 'utf8')
const told = () => world.nginx.reloaded(() => world.sites.receiver.ensure('leave'))

beforeAll(async () => {
  udp = await freePort()
  world = await openBehindNginx(undefined, {
    accessLog: 'requests.log combined',
    receiver: () => ({
      url: 'https://deploy.test',
      listen: { host: '127.0.0.1', port: udp },
      site: { trustedProxies: [] },
      ...(isWanted === undefined ? {} : { traffic: { port: udp, isWanted } }),
    }),
  })
  const slotsOf = async (app: string) => {
    const [blue, green] = [await startEcho(`${app} blue`), await startEcho(`${app} green`)]
    servers.push(blue, green)
    return { blue, green }
  }
  const nowhere = { blue: { port: await freePort() }, green: { port: await freePort() } }
  const site = (...domains: string[]) => ({ domains, pauses: false })
  const { port, snippets, slots } = world
  for (const app of APPS) if (app !== 'never') slots.makeLive(app, 'blue')
  const include = (app: string) => `include ${snippets}/${app}.proxy;`
  await world.show(
    {
      api: { ...(await slotsOf('api')), app: site('api.test') },
      shop: { ...(await slotsOf('shop')), app: { ...site('api.test'), paths: ['/shop'] } },
      down: { ...nowhere, app: site('down.test') },
      never: { ...nowhere, app: site('never.test') },
      own: { ...(await slotsOf('own')), app: site() },
      auth: { ...(await slotsOf('auth')), app: site() },
      quiet: { ...(await slotsOf('quiet')), app: site() },
    },
    {
      'own.conf': `server {
  listen 127.0.0.1:${port};
  server_name own.test;
  include ${snippets}/own.slot;
  include ${snippets}/auth.slot;
  location / { ${include('own')} }
  location /closed/ { auth_request /ask; ${include('own')} }
  location = /ask { internal; ${include('auth')} proxy_pass_request_body off; }
  location /mine/ { return 200 mine; }
}
server {
  listen 127.0.0.1:${port};
  server_name quiet.test;
  access_log quiet.log;
  include ${snippets}/quiet.slot;
  location / { ${include('quiet')} }
}
`,
    },
  )
  isWanted = true
  await told()
  log = await hear()
})
beforeEach(() => {
  visits.length = 0
})
afterAll(async () => {
  await log.close()
  await Promise.all(servers.map(closed))
  await world.close()
})

/** Of each app where it is not told of, and why. */
const silent = async () => {
  const said = await world.sites.whoTells()
  const places = said === 'elsewhere' ? [] : (said.places ?? [])
  expect(new Set(places.map(({ app }) => app))).toStrictEqual(new Set(APPS))
  return [
    ...new Set(
      places.flatMap(({ app, isTold, why, file = '' }) =>
        isTold ? [] : `${app} ${why} ${basename(file)}`,
      ),
    ),
  ]
}
const get = (host: string, path: string) => world.send(host, path).then(({ status }) => status)
/** As many as there are to be, in any order: an answer comes before its line. */
const heard = async (count: number) => {
  await expect.poll(() => visits.length).toBe(count)
  return visits.map(({ app, status }) => `${app} ${status}`).toSorted()
}

test('each request of an app is told of, whoever answered it, and Nginx logs what it did before', async () => {
  const before = nginxsLog().split('\n').length
  const asked = [
    ['api.test', '/', 200],
    ['api.test', '/broken', 503],
    ['api.test', '/shop/x', 200],
    ['down.test', '/', 502],
    ['never.test', '/', 503],
    ['own.test', '/', 200],
    ['own.test', '/closed/', 200],
    // none of an app's, a question of the receiver's own that a worker with older files passed on, and one that logs elsewhere
    ['api.test', '/.well-known/deploy-receiver/served/older', 200],
    ['own.test', '/mine/', 200],
    ['quiet.test', '/', 200],
  ] as const
  for (const [host, path, status] of asked) expect(await get(host, path)).toBe(status)
  expect(await heard(7)).toStrictEqual([
    'api 200',
    'api 503',
    'down 502',
    'never 503',
    'own 200',
    'own 200',
    'shop 200',
  ])
  for (const { app, seconds } of visits) {
    if (app === 'never' || app === 'down') expect(seconds).toBeUndefined()
    else expect(seconds).toBeGreaterThanOrEqual(0)
  }
  await expect.poll(() => nginxsLog().split('\n').length - before).toBe(asked.length - 1)
  expect(log.ignored()).toBe(0)
})

test(
  'a server block that logs elsewhere tells of its requests by the line that stands in our file',
  { tags: 'long' },
  async () => {
    expect(await silent()).toStrictEqual(['quiet other own.conf'])
    const [, line = ''] = /^# +(access_log .*)$/m.exec(receiverFile()) ?? []
    const own = join(world.nginx.directory, 'own.conf')
    writeFileSync(
      own,
      readFileSync(own, 'utf8').replace(
        'access_log quiet.log;',
        `access_log quiet.log;\n  ${line}`,
      ),
    )
    await world.nginx.reloaded(world.nginx.check)
    expect(await silent()).toStrictEqual([])
    expect(await get('quiet.test', '/')).toBe(200)
    expect(await heard(1)).toStrictEqual(['quiet 200'])
  },
)

test('a swap is in force at once, and nothing of it is lost or told twice', async () => {
  const { slots } = world
  for (const slot of ['green', 'blue', 'green'] as const) {
    slots.makeLive('api', slot)
    for (let at = 0; at < 20; at += 1) expect(await get('api.test', '/')).toBe(200)
  }
  expect(await heard(60)).toStrictEqual(Array.from({ length: 60 }, () => 'api 200'))
})

test('when nobody hears it visitors notice nothing, and who hears again is told', async () => {
  await log.close()
  const asked = [
    ['api.test', '/', 200],
    ['api.test', '/shop/x', 200],
    ['down.test', '/', 502],
    ['never.test', '/', 503],
    ['own.test', '/closed/', 200],
  ] as const
  for (const [host, path, status] of Array.from({ length: 4 }, () => asked).flat()) {
    expect(await get(host, path)).toBe(status)
  }
  log = await hear()
  expect(await get('api.test', '/')).toBe(200)
  expect(await heard(1)).toStrictEqual(['api 200'])
  expect(nginxsErrors()).not.toContain('syslog')
})

test('a crash leaves the flag: Nginx sends into the void until somebody hears again', async () => {
  const { heard: flag } = world.slots.flags('api')
  await log.close()
  writeFileSync(flag, '')
  for (let at = 0; at < 10; at += 1) expect(await get('api.test', '/')).toBe(200)
  await expect.poll(nginxsErrors).toContain('send() to syslog failed')
  log = await hear()
  // what a worker sent into the void it learns with the next one
  await expect
    .poll(async () => {
      expect(await get('api.test', '/')).toBe(200)
      return visits.length
    })
    .toBeGreaterThan(4)
})

test('what others send counts for nothing, however much it is', async () => {
  const before = log.ignored()
  const socket = createSocket('udp4')
  const lines = [
    '',
    'x',
    '<190>Nov 27 09:50:00 nginx: api_blue api_blue 200 0.1',
    '<190>Nov 27 09:50:00 deploy_receiver: api_red api_red 200 0.1',
    '<190>Nov 27 09:50:00 deploy_receiver: api_blue api_blue 999 0.1',
    `<190>Nov 27 09:50:00 deploy_receiver: api_blue api_blue 200 ${'0.1, '.repeat(10_000)}`,
    '<190>Nov 27 09:50:00 deploy_receiver: api_blue api_blue 200 0.1\n',
  ]
  for (const line of lines) {
    socket.send(line, udp, '127.0.0.1')
    await expect.poll(() => log.ignored()).toBeGreaterThan(before + lines.indexOf(line))
  }
  socket.close()
  expect(visits.filter(({ seconds }) => seconds === 0.1)).toStrictEqual([])
})

test(
  'without it the receiver hears nothing, and a file that is as it was is left alone',
  { tags: 'long' },
  async () => {
    expect(await world.sites.receiver.ensure('leave')).toMatchObject({ changed: false })
    isWanted = false
    await told()
    expect(receiverFile()).not.toMatch(/^access_log/m)
    visits.length = 0
    expect(await get('api.test', '/')).toBe(200)
    // the line in a site of somebody's own still stands
    expect(await get('quiet.test', '/')).toBe(200)
    expect(await heard(1)).toStrictEqual(['quiet 200'])
    isWanted = true
    // whoever edited the file before there was such a thing has not made one that is in the way
    const file = join(world.nginx.directory, FILE)
    writeFileSync(file, `${receiverFile()}# mine\n`)
    await world.sites.receiver.ensure('leave')
    expect(world.sites.edits({})).toMatchObject([{ kind: 'edited', isInTheWay: false }])
  },
)

test('a port that somebody has is said, and nothing else comes of it', async () => {
  const other = createSocket('udp4').bind(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address()
  const said: string[] = []
  const hears: boolean[] = []
  const deaf = hearAccessLog(port, () => {}, {
    hear: (isOn) => void hears.push(isOn),
    report: (message) => void said.push(message),
    nowMs: systemClock.ms,
  })
  await expect.poll(() => said).toHaveLength(1)
  expect(said[0]).toContain(`127.0.0.1:${port}`)
  expect(hears).toStrictEqual([false])
  await deaf.close()
  other.close()
})

test.each([
  ['what it logs goes on', [['/var/log/mine.log', 'main']], '', true],
  ['of all sites nothing is logged, and so it stays', [['off']], '', false],
  ['what it logs is not known', undefined, '', false],
  ['it logs where it does by itself', [], 'access_log /var/log/nginx/access.log;', true],
] as const)('%s', (_, logs, kept, isAdded) => {
  const {
    wanted: [{ text = '' } = {}],
  } = receiverFiles({
    installation: 'i1',
    nginx: { directory: world.snippets, test: '', reload: '', listen: ['80'] },
    receiver: {
      url: 'https://deploy.test',
      listen: { host: '127.0.0.1', port: 9080 },
      traffic: { port: 9080, isWanted: true },
    },
    blocks: [],
    logs,
    features: featuresIn('nginx version: nginx/1.22.1\n--http-log-path=/var/log/nginx/access.log'),
    pair: undefined,
  })
  const lines = text.split('\n').filter((line) => line.startsWith('access_log'))
  expect(lines.some((line) => line.startsWith('access_log syslog:server=127.0.0.1:9080,'))).toBe(
    isAdded,
  )
  expect(lines.filter((line) => kept !== '' && line.startsWith(kept))).toHaveLength(
    kept === '' ? 0 : 1,
  )
  expect(lines).toHaveLength(Number(isAdded) + Number(kept !== ''))
})

test('of what `nginx -T` prints, each place of an app is told of or not, and why', () => {
  const proxy = (app: string, ...lines: string[]) =>
    `set $deploy_x ${app}_blue; ${lines.join(' ')} proxy_pass http://$deploy_x;`
  const slot = 'set $receiver_slot $deploy_x;'
  const ours = 'access_log syslog:server=127.0.0.1:9080,nohostname f;'
  const placesIn = (http: string) =>
    whoTells(
      `# configuration file /n.conf:\nhttp { ${http} include a.conf; }\n# configuration file /a.conf:
server { location / { ${proxy('a', slot)} } location /off { access_log off; ${proxy('a', slot)} } location /x { } }
server { access_log /b.log; location / { ${proxy('b', slot)} location /in { access_log /c.log; ${ours} ${proxy('b', slot)} } } }
server { set $deploy_o old_blue; location / { proxy_pass http://$deploy_o; } location /x { proxy_pass http://$x; } }`,
      9080,
    )
  expect(placesIn(ours)).toStrictEqual([
    { app: 'a', isTold: true },
    { app: 'a', isTold: false, why: 'off', file: '/a.conf' },
    { app: 'b', isTold: false, why: 'other', file: '/a.conf' },
    { app: 'b', isTold: true },
    { app: 'old', isTold: false, why: 'older', file: '/a.conf' },
  ])
  const [first] = placesIn('') ?? []
  expect(first).toStrictEqual({ app: 'a', isTold: false, why: 'none' })
  expect(placesIn('access_log off;')?.[0]).toMatchObject({ why: 'off', file: '/n.conf' })
  expect(whoTells('nothing', 9080)).toBeUndefined()
})

test('of what `nginx -T` prints, only what holds for all sites counts, and nothing of ours', () => {
  const dump = `# configuration file /etc/nginx/nginx.conf:
http { access_log /a.log; include conf.d/*.conf; server { access_log off; } }
# configuration file /etc/nginx/conf.d/mine.conf:
access_log syslog:server=10.0.0.1 main; server { access_log /b.log; }
# configuration file /etc/nginx/conf.d/ours.conf:
access_log /c.log;`
  const read = readDump(dump)
  if (read === undefined) throw new Error('nothing was read')
  expect(accessLogs(read, (file) => file.endsWith('/ours.conf'))).toStrictEqual([
    ['/a.log'],
    ['syslog:server=10.0.0.1', 'main'],
  ])
  expect(readDump('nothing')).toBeUndefined()
})
