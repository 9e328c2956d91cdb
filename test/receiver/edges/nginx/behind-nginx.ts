import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { Agent, createServer, type IncomingHttpHeaders, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import type { Slot } from '../../../../receiver/core/slots/container.ts'
import { createSites, type SitesOptions } from '../../../../receiver/edges/nginx/sites.ts'
import { createSlots, upFiles } from '../../../../receiver/edges/slots.ts'
import { createUpstreamLinks } from '../../../../receiver/edges/upstream-links.ts'
import { INSTALLATION } from '../../../support/home.ts'
import { startNginx } from '../../../support/nginx.ts'
import { freePort } from '../../../support/ports.ts'
import { openWorkspace } from '../../../support/workspace.ts'

/** Where containers would come from. */
export const BRIDGE = { subnet: '127.7.0.0/24', gateway: '127.7.0.1' }

const OWN = {
  url: 'http://deploy.test',
  listen: { host: '127.0.0.1', port: 9 },
  site: { trustedProxies: [] },
}

type AppAtNginx = ReturnType<SitesOptions['app']>
type Servers = Readonly<Record<Slot, { port: number }>>

/** What an app was asked, and who it is. */
export interface Asked {
  name: string
  url: string
  bytes: number
  headers: IncomingHttpHeaders
}

export interface Answer {
  status: number
  body: string
  headers: IncomingHttpHeaders
  /** When an app answered. */
  asked: Asked
}

/** A private Nginx with sites of ours and of somebody's own. */
export async function openBehindNginx(
  listen = (port: number) => `127.0.0.1:${port}`,
  {
    accessLog,
    receiver,
    isAsked = false,
    hasTls = false,
  }: {
    accessLog?: string
    /** Whether load balancers are answered, also by the receiver's own site. */
    isAsked?: boolean
    /** Whether it listens for TLS, too. */
    hasTls?: boolean
  } & Pick<SitesOptions, 'receiver'> = {},
) {
  const workspace = openWorkspace()
  const nginx = await startNginx({
    dir: workspace.folder('nginx'),
    ...(accessLog === undefined ? {} : { accessLog }),
  })
  const port = await freePort()
  const tlsPort = hasTls ? await freePort() : 0
  const data = workspace.folder('data')
  const slots = createSlots(data)
  // as most times: one look is enough
  if (receiver === undefined) slots.hear(true)
  const up = upFiles(data)
  const links = createUpstreamLinks(data)
  const configured = new Map<string, AppAtNginx>()
  const sites = createSites({
    installation: INSTALLATION.id,
    nginx: {
      ...nginx,
      listen: [listen(port)],
      ...(hasTls ? { listenTls: [listen(tlsPort)] } : {}),
    },
    app: (name) => configured.get(name),
    apps: () => [...configured.keys()],
    flags: slots.flags,
    address: () => '127.0.0.1',
    previews: { links, flags: up.apps },
    bridge: BRIDGE,
    ...(isAsked ? { up, receiver: () => ({ ...OWN, up }) } : {}),
    ...(receiver === undefined ? {} : { receiver }),
  })
  return {
    nginx,
    port,
    tlsPort,
    slots,
    sites,
    links,
    /** To change, before it is ensured. */
    configured,
    /** Where the snippets of apps are. */
    snippets: join(nginx.directory, '../deploy-receiver.d'),
    /** Has Nginx know these apps, and a file of somebody's own. */
    async show(
      apps: Readonly<Record<string, Servers & { app?: AppAtNginx }>>,
      own: Readonly<Record<string, string>> = {},
    ): Promise<void> {
      for (const [name, { app }] of Object.entries(apps)) {
        configured.set(name, app ?? { domains: [], pauses: false })
      }
      const replicas = 1
      const ensure = () =>
        sites.ensure(
          Object.fromEntries(
            Object.entries(apps).map(([name, { blue, green }]) => [
              name,
              { blue: { port: blue.port, replicas }, green: { port: green.port, replicas } },
            ]),
          ),
        )
      await nginx.reloaded(ensure)
      for (const [file, text] of Object.entries(own)) {
        writeFileSync(join(nginx.directory, file), text)
      }
      await nginx.reloaded(nginx.check)
    },
    send: (host: string, path: string, options?: Sending) => send({ port, host, path, ...options }),
    close: () => workspace.close(),
  }
}

export interface Sending {
  method?: string
  headers?: Record<string, string>
  body?: AsyncIterable<Buffer> | Buffer
  /** Without one the request has a connection of its own, which no reload can close while it waits for the next. */
  agent?: Agent
  /** Whom Nginx sees: an address of 127.0.0.0/8. */
  from?: string
}

export function send({
  port,
  host,
  path,
  method = 'GET',
  headers = {},
  body,
  agent = new Agent(),
  from = '127.0.0.1',
}: Sending & { port: number; host: string; path: string }): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port,
        path,
        method,
        localAddress: from,
        agent,
        headers: { host, ...headers },
      },
      (response) => {
        buffer(response).then((bytes) => {
          const text = bytes.toString()
          const asked = (text.startsWith('{"name"') ? JSON.parse(text) : {}) as Asked
          resolve({
            status: response.statusCode ?? 0,
            body: text,
            headers: response.headers,
            asked,
          })
        }, reject)
      },
    )
    outgoing.once('error', reject)
    void (async () => {
      if (Buffer.isBuffer(body)) outgoing.write(body)
      else for await (const chunk of body ?? []) outgoing.write(chunk)
      outgoing.end()
    })()
  })
}

/**
 * An app: says what it was asked; `/events` is a stream, `/cookies` sets 10 kB of them, `/broken` is an error of its own, `/silent`
 * never answers; with `?say=` it answers with these headers, one a line.
 */
export async function startEcho(says: string): Promise<Server & { port: number }> {
  const server = createServer((incoming, response) => {
    buffer(incoming).then(
      (body) => {
        const { url = '', headers } = incoming
        if (url.endsWith('/events')) {
          response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: first\n\n')
          return
        }
        if (url.endsWith('/silent')) return
        const told = new URL(url, 'http://app').searchParams.get('say') ?? ''
        for (const [name = '', value = ''] of told.split('\n').map((line) => line.split(': '))) {
          if (name !== '') response.setHeader(name, value)
        }
        if (url.endsWith('/cookies')) {
          const cookies = Array.from({ length: 5 }, (_, at) => `c${at}=${'x'.repeat(2000)}`)
          response.setHeader('set-cookie', cookies)
        }
        if (url.endsWith('/broken')) response.statusCode = 503
        response.setHeader('content-type', 'application/json')
        response.end(
          JSON.stringify({ name: says, url, bytes: body.length, headers } satisfies Asked),
        )
      },
      () => response.destroy(),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return Object.assign(server, { port: (server.address() as AddressInfo).port })
}

export function closed(server: Server): Promise<unknown> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(resolve))
}
