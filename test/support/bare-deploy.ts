import { rmSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type Docker from 'dockerode'
import { ask, firstAnswer, type Site } from './ask.ts'
import type { Login } from './images.ts'
import { freePort, reserveSubnet } from './ports.ts'

const POLL_MS = 10
const PORT = 8000

export interface BareScript {
  site: Site
  /** Puts a digest live, and says how many milliseconds passed until Nginx answered with that version. */
  deploy(image: { repository: string; digest: string; version: string }): Promise<number>
  close(): Promise<void>
}

/**
 * What a hand-written script would do, and no more: pull by digest, create, start, wait for the first answer, flip the
 * flag file that Nginx looks at. No signature, record, history, second look or drain. Against it the receiver is measured.
 */
export async function prepareBareScript({
  docker,
  sites,
  reloadNginx,
  dir,
  login,
}: {
  docker: Docker
  /** Directory of Nginx's sites. */
  sites: string
  reloadNginx: () => void
  /** Where the flag file stands; Nginx's workers can pass through it. */
  dir: string
  login: Login
}): Promise<BareScript> {
  const { subnet, release } = await reserveSubnet()
  const addresses = [10, 11].map((host) => subnet.replace('0/24', String(host)))
  const network = await docker.createNetwork({
    Name: 'bare',
    Driver: 'bridge',
    IPAM: { Driver: 'default', Config: [{ Subnet: subnet }] },
  })
  const flag = join(dir, 'green')
  const site = { port: await freePort(), domain: 'bare.localhost' }
  writeFileSync(join(sites, 'bare.conf'), siteFile({ site, addresses, flag }))
  reloadNginx()

  let deployed = 0
  let old: Docker.Container | undefined
  return {
    site,
    async deploy({ repository, digest, version }) {
      const agent = new Agent({ keepAlive: true })
      const giveUp = new AbortController()
      const began = performance.timeOrigin + performance.now()
      const answered = firstAnswer(site, version, { agent, signal: giveUp.signal })
      answered.catch(() => undefined)
      try {
        const address = addresses[deployed % 2] ?? ''
        await pull(docker, `${repository}@${digest}`, login)
        const container = await docker.createContainer({
          name: `bare-${deployed}`,
          Image: `${repository}@${digest}`,
          HostConfig: { NetworkMode: 'bare' },
          NetworkingConfig: { EndpointsConfig: { bare: { IPAMConfig: { IPv4Address: address } } } },
        })
        await container.start()
        await untilHealthy(address)
        flip(flag, deployed % 2 === 1)
        const ms = (await answered) - began
        await old?.remove({ force: true })
        old = container
        deployed += 1
        return ms
      } finally {
        giveUp.abort()
        agent.destroy()
      }
    },
    async close() {
      await old?.remove({ force: true })
      await network.remove()
      await release()
    },
  }
}

async function pull(docker: Docker, reference: string, login: Login): Promise<void> {
  const stream: NodeJS.ReadableStream = await docker.pull(reference, { authconfig: login })
  await new Promise<void>((resolve, reject) =>
    docker.modem.followProgress(stream, (error) => (error ? reject(error) : resolve())),
  )
}

async function untilHealthy(host: string): Promise<void> {
  const container = { host, port: PORT, domain: host }
  while ((await ask(container, { path: '/healthz' }).catch(() => undefined))?.status !== 200) {
    await pause(POLL_MS)
  }
}

function flip(flag: string, green: boolean): void {
  if (green) writeFileSync(flag, '')
  else rmSync(flag, { force: true })
}

const siteFile = ({ site, addresses, flag }: { site: Site; addresses: string[]; flag: string }) => `
upstream bare_blue  { server ${addresses[0]}:${PORT}; keepalive 64; keepalive_timeout 1s; }
upstream bare_green { server ${addresses[1]}:${PORT}; keepalive 64; keepalive_timeout 1s; }
server {
  listen 127.0.0.1:${site.port};
  server_name ${site.domain};
  open_file_cache off;
  set $bare bare_blue;
  if (-f ${flag}) { set $bare bare_green; }
  location / {
    proxy_pass http://$bare;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $host;
  }
}
`
