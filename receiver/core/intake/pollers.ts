import type { AppSpec } from '../app.ts'
import { poll, type PollPorts } from './poll.ts'
import { type Intake, submit } from './submit.ts'

/** One poller for each app that has `poll:`. */
export interface Pollers {
  /** Takes these apps in place of the ones before. */
  take(apps: readonly AppSpec[]): void
  stop(): Promise<void>
}

export function createPollers(ports: PollPorts): Pollers {
  const running = new Map<string, { stop: AbortController; ended: Promise<void> }>()

  const start = (app: AppSpec) => {
    const stop = new AbortController()
    const ended = poll(app, ports, stop.signal).catch((error: unknown) => {
      if (!stop.signal.aborted) ports.report('polling ended', { app: app.name, error })
    })
    running.set(app.name, { stop, ended })
  }

  return {
    take(apps) {
      // an interval or a login may be another, and what failed may be mended
      for (const { stop } of running.values()) stop.abort(new Error('the config was read again'))
      running.clear()
      for (const app of apps) if (app.pollMs > 0) start(app)
    },
    async stop() {
      for (const { stop } of running.values()) stop.abort(new Error('the receiver stops'))
      await Promise.all([...running.values()].map(({ ended }) => ended))
    },
  }
}

/** Accepts a deployment of what the followed tag stands for now, as a hook would. */
export function submitPolled(app: AppSpec, digest: string, intake: Intake): void {
  const { repository, tag } = app.image
  submit(
    {
      app,
      asks: { kind: 'order', request: { action: 'deploy', tag, digest } },
      source: {},
      attestations: [],
      bodySha256: '',
      audit: { sender: { kind: 'poll' }, request: `${repository}:${tag} moved` },
    },
    intake,
  )
}
