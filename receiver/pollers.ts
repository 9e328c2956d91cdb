import type { Config } from './config/config.ts'
import type { AppSpec } from './core/app.ts'
import { poll, type PollPorts } from './core/intake/poll.ts'
import { type Intake, submit } from './core/intake/submit.ts'

/** One poller for each app that has `poll:`. */
export interface Pollers {
  /** Takes these apps in place of the ones before. */
  take(apps: Config['apps']): void
  stop(): Promise<void>
}

export function createPollers(ports: PollPorts): Pollers {
  const running = new Map<string, { stop: AbortController; ended: Promise<void> }>()
  let apps: Config['apps'] = {}

  const start = (name: string) => {
    const stop = new AbortController()
    const app = () => {
      const now = apps[name]
      if (now === undefined) throw new Error(`${name} is not configured any more`)
      return now
    }
    const ended = poll(app, ports, stop.signal).catch((error: unknown) => {
      if (!stop.signal.aborted) ports.report('polling ended', { app: name, error })
    })
    running.set(name, { stop, ended })
  }

  return {
    take(next) {
      apps = next
      // an interval or a login may be another, and what failed may be mended
      for (const { stop } of running.values()) stop.abort(new Error('the config was read again'))
      running.clear()
      for (const { name, pollMs } of Object.values(next)) if (pollMs > 0) start(name)
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
