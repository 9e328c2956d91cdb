import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createApp } from '../../receiver/http/app.ts'
import { close, listen } from '../../receiver/http/listen.ts'
import { makeLink } from '../../receiver/http/page/credentials.ts'
import type { Role } from '../../receiver/core/sign-in/session.ts'
import { type HttpWorld, startHttpWorld } from './http-world.ts'

/** The page at an address of its own, with a history to look at. */
export interface PageWorld extends HttpWorld {
  url: string
  /** Makes a link that signs in. */
  link(who?: { name?: string; role?: Role }): string
  /** Has a deployment of an app come to its end. */
  deploy(app: string, what: Deployed): string
  /** Stops answering, as a receiver that stops does, and goes on at the same address. */
  restart(): Promise<void>
}

export interface Deployed {
  tag?: string
  digit?: string
  message?: string
  actor?: string
  action?: 'deploy' | 'rollback'
  /** Ends so: live and well, failed before it was live, or it goes on. */
  ends?: 'succeeded' | 'failed' | 'running'
  log?: readonly string[]
}

export async function startPageWorld(): Promise<PageWorld> {
  const world = await startHttpWorld()
  const { services, store, clock } = world
  // people look at it now
  clock.ms = Date.now() - 3 * 86_400_000
  const at = () => new Date(clock.ms).toISOString()
  const open = async (port: number): Promise<Server> =>
    listen(createApp(services, 'admin'), { key: 'admin', host: '127.0.0.1', port })
  let server = await open(0)
  const { port } = server.address() as AddressInfo
  services.hosts.admin = (host) => host === `127.0.0.1:${port}` || host === `localhost:${port}`
  const url = `http://127.0.0.1:${port}`

  return {
    ...world,
    url,
    link: ({ name = 'ada', role = 'operator' } = {}) =>
      `${url}/page/login/${makeLink({ name, role }, services)}`,
    deploy(
      app,
      {
        tag = 'v1',
        digit = '1',
        message,
        actor = 'octocat',
        action = 'deploy',
        ends = 'succeeded',
        log = [],
      },
    ) {
      const digest = `sha256:${digit.repeat(64)}`
      const image = { repository: services.apps.get(app)?.spec.image.repository ?? '', tag, digest }
      const id = services.intake.newId()
      const previous = store.live(app)?.deployment
      clock.ms += 60_000
      const deployment = store.get(
        services.intake.transaction(() =>
          services.intake.add(
            {
              id,
              app,
              action,
              status: 'queued',
              image,
              source: {
                actor,
                sha: digit.repeat(40),
                ...(message === undefined ? {} : { message }),
                run_url: 'https://github.com/acme/shop/actions/runs/1',
              },
              created_at: at(),
              steps: [],
            },
            [],
          ),
        ).id,
      )
      if (deployment === undefined) throw new Error('it was not kept')
      services.intake.audit.add({
        at: at(),
        last_at: at(),
        count: 1,
        app,
        sender: {
          kind: 'oidc',
          issuer: 'https://token.actions.githubusercontent.com',
          claims: { repository: 'acme/shop', sub: 'repo:acme/shop:ref:refs/heads/main' },
        },
        address: '192.0.2.7',
        outcome: 'accepted',
        request: `${action} ${tag}`,
        deployment: id,
      })
      const add = (
        event: Parameters<typeof store.append>[1],
        also: Parameters<typeof store.append>[2] = {},
      ) => {
        store.append(id, event, also)
        world.feed.changed(id)
        world.feed.changed(app)
        world.feed.changed('*')
      }
      const step = (name: string, ms: number, said?: string) => {
        add({ type: 'step', at: at(), step: name, status: 'running' })
        clock.ms += ms
        add({
          type: 'step',
          at: at(),
          step: name,
          status: 'succeeded',
          ms,
          ...(said === undefined ? {} : { message: said }),
        })
      }
      add({ type: 'started', at: at() })
      add({
        type: 'image',
        at: at(),
        digest,
        ...(previous?.image.digest === undefined
          ? {}
          : { previous: { deployment: previous.id, digest: previous.image.digest } }),
      })
      step('resolve', 120, `${tag} is ${digest.slice(0, 19)}`)
      step('pull', 3400, '42 MB in 3.4 s')
      step('start', 600)
      add({ type: 'step', at: at(), step: 'health', status: 'running' })
      if (ends === 'running') return id
      clock.ms += 900
      if (ends === 'failed') {
        const error = {
          code: 'unhealthy',
          message: `${app} was not healthy within 30 s; last answer: GET /healthz answered 503: no database`,
          hint: `look at its log, or set apps.${app}.health.path`,
          log: [...log],
        }
        add({
          type: 'progress',
          at: at(),
          step: 'health',
          message: 'GET /healthz answered 503: no database',
        })
        add({ type: 'step', at: at(), step: 'health', status: 'failed', ms: 900, error })
        add({ type: 'finished', at: at(), status: 'failed', error })
        return id
      }
      add({
        type: 'step',
        at: at(),
        step: 'health',
        status: 'succeeded',
        ms: 900,
        message: 'GET /healthz answered 200, after 3 probes',
      })
      step('swap', 40)
      add({ type: 'live', at: at() }, { live: true })
      step('watch', 10_000)
      step('drain', 2100, '3 connections ended by themselves')
      step('retire', 300)
      add({ type: 'finished', at: at(), status: 'succeeded' })
      return id
    },
    async restart() {
      server.closeAllConnections()
      await close(server)
      server = await open(port)
    },
    async stop() {
      server.closeAllConnections()
      await close(server)
      await world.stop()
    },
  }
}
