import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makePair } from '../../test/support/certificates.ts'
import { freePort } from '../../test/support/ports.ts'
import type { Asked, Figure, Measured, Part } from './part.ts'
import { onRig, pushVersion, type Rig } from './rig.ts'
import { ANSWERS, fastApp } from './traffic/fast-app.ts'
import { processorTime } from './traffic/processor-time.ts'
import { costOfTelling } from './traffic/telling.ts'
import { type Address, askWithWrk } from './traffic/wrk.ts'

/** Short ones, and many: the slowest of a hundred differ from round to round. */
const ROUNDS = 12
const SECONDS = 2
const CONNECTIONS = 16
const PORT = 8000
/** Over TLS Nginx turns away whoever names no site of its own: there the name that is asked for has to lead to this machine. */
const DOMAIN = { http: 'api.test', tls: 'localhost', byHand: 'by-hand.test' }
const OURS = 'as the receiver configures Nginx'
const PLAIN = 'a plain proxy_pass'
const USUAL = 'a proxy_pass with the usual headers'
const STRAIGHT = 'straight to the container'
const AIMS = { perSecond: 0.97, p99: 1.05 }

/**
 * Requests through Nginx as the receiver configures it, against a `proxy_pass` with Nginx's defaults in the same Nginx, one that tells the
 * app of its visitor as guides have it, and without any Nginx, as a published port leads there: to the same container, as fast as one
 * thread can ask. All of them keep their connections to it.
 */
export const part: Part = {
  async measure(asked) {
    const figures = await onRig('traffic', (rig) => throughNginx(rig, asked))
    return { figures: [...figures, await costOfTelling(asked)], tables: [] } satisfies Measured
  },
}

async function throughNginx(rig: Rig, asked: Asked): Promise<Figure[]> {
  const { vm, workspace } = rig
  const tlsPort = await freePort()
  const pair = makePair(workspace.folder('tls'), [DOMAIN.tls])
  rig.app('api', { domains: [DOMAIN.http, DOMAIN.tls], tls: pair })
  Object.assign(vm.config['nginx'] as object, { listen_tls: [`127.0.0.1:${tlsPort}`] })
  await vm.start()
  const digest = await pushVersion(rig, 'fast', await fastApp())
  await rig.deploy({ image: `${vm.repository}@${digest}` })
  const container = `${await addressOfApp(rig)}:${PORT}`
  const plain = { http: await freePort(), tls: await freePort() }
  const usual = { http: await freePort(), tls: await freePort() }
  const byHand = [
    siteByHand(plain, pair, ON_CONNECTIONS_THAT_STAY),
    siteByHand(usual, pair, USUAL_HEADERS),
  ]
  writeFileSync(join(vm.nginx.directory, 'by-hand.conf'), `${around(container)}${byHand.join('')}`)
  await vm.nginx.reloaded(vm.nginx.check)

  const overHttp = (path: string) => [
    { name: OURS, url: `http://127.0.0.1:${vm.sites}${path}`, host: DOMAIN.http },
    { name: PLAIN, url: `http://127.0.0.1:${plain.http}${path}`, host: DOMAIN.byHand },
    { name: USUAL, url: `http://127.0.0.1:${usual.http}${path}`, host: DOMAIN.byHand },
    { name: STRAIGHT, url: `http://${container}${path}`, host: DOMAIN.byHand },
  ]
  const overTls = (path: string) => [
    {
      name: OURS,
      url: `https://${DOMAIN.tls}:${tlsPort}${path}`,
      host: `${DOMAIN.tls}:${tlsPort}`,
    },
    { name: PLAIN, url: `https://${DOMAIN.tls}:${plain.tls}${path}`, host: DOMAIN.byHand },
    { name: USUAL, url: `https://${DOMAIN.tls}:${usual.tls}${path}`, host: DOMAIN.byHand },
  ]
  const figures: Figure[] = []
  for (const [size, path] of Object.entries(ANSWERS)) {
    const master = vm.nginx.pid
    figures.push(...(await inTurns({ title: size, ways: overHttp(path), asked, master })))
    figures.push(...(await inTurns({ title: `${size}, TLS`, ways: overTls(path), asked, master })))
  }
  return figures
}

async function inTurns({
  title,
  ways,
  asked,
  master,
}: {
  title: string
  ways: (Address & { name: string })[]
  asked: Asked
  /** Of the Nginx whose processor time counts. */
  master: number
}): Promise<Figure[]> {
  const rounds = asked.times(ROUNDS)
  const measured = ways.map(({ name }) => ({
    name,
    perSecond: [] as number[],
    p99: [] as number[],
    processor: [] as number[],
  }))
  for (let round = 0; round <= rounds; round++) {
    asked.say(`${title}, ${round} of ${rounds}`)
    const inOrder = ways.map((way, at) => ({ way, own: measured[at] }))
    // whatever else the machine does grows and shrinks: none is always the first
    for (const { way, own } of round % 2 === 0 ? inOrder : inOrder.toReversed()) {
      const before = processorTime(master)
      const seconds = round === 0 ? 1 : SECONDS
      const { requests, perSecond, p99 } = await askWithWrk(way, {
        seconds,
        connections: CONNECTIONS,
      })
      // the first round warms up
      if (round === 0) continue
      own?.perSecond.push(perSecond)
      own?.p99.push(p99)
      own?.processor.push(((processorTime(master) - before) / requests) * 1_000_000)
    }
  }
  const of = (what: 'perSecond' | 'p99' | 'processor') =>
    measured.map(({ name, [what]: values }) => ({ name, values }))
  const aimed = { way: OURS, against: PLAIN }
  return [
    {
      title,
      unit: 'requests/s',
      ways: of('perSecond'),
      aim: { ...aimed, least: AIMS.perSecond },
    },
    { title: `${title}, p99`, unit: 'ms', ways: of('p99'), aim: { ...aimed, most: AIMS.p99 } },
    {
      title: `${title}, Nginx's processor time of a request`,
      unit: 'µs',
      ways: of('processor').filter(({ name }) => name !== STRAIGHT),
    },
  ]
}

async function addressOfApp({ engine: { docker } }: Rig): Promise<string> {
  const [found] = await docker.listContainers({ filters: { label: ['deploy-receiver.app=api'] } })
  const [network] = Object.values(found?.NetworkSettings.Networks ?? {})
  if (network === undefined) throw new Error('the app has no container')
  return network.IPAddress
}

const around = (container: string) => `upstream by_hand { server ${container}; keepalive 64; }
map $http_upgrade $connection_upgrade { default upgrade; "" ""; }
`

/** As short as it can be without a new connection for each request. */
const ON_CONNECTIONS_THAT_STAY = `proxy_set_header Connection "";
    proxy_set_header Host $host;`

/** What guides to Nginx have in front of an app, with WebSockets. */
const USUAL_HEADERS = `proxy_set_header Connection $connection_upgrade;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Host $host;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme;`

const siteByHand = (
  ports: { http: number; tls: number },
  { certificate, key }: { certificate: string; key: string },
  headers: string,
) => `server {
  listen 127.0.0.1:${ports.http};
  listen 127.0.0.1:${ports.tls} ssl;
  server_name ${DOMAIN.byHand};
  ssl_certificate ${certificate};
  ssl_certificate_key ${key};
  location / {
    proxy_pass http://by_hand;
    proxy_http_version 1.1;
    ${headers}
  }
}
`
