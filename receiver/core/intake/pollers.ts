import type { AppSpec } from '../app.ts'
import { poll, type PollPorts } from './poll.ts'
import { type Intake, submit, type Submitted } from './submit.ts'

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
      if (!stop.signal.aborted)
        ports.report('the registry is not polled any more', { app: app.name, error }, 'error')
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

/** Takes it as a registry's hint that the followed tag stands for another digest now. */
export function submitPolled(app: AppSpec, digest: string, intake: Intake): Submitted {
  const { repository, tag } = app.image
  const audit = { sender: { kind: 'poll' }, request: `${repository}:${tag} moved` } as const
  const submitted = submit(
    {
      app,
      asks: { kind: 'hint', hint: { tag, digest } },
      source: {},
      attestations: [],
      bodySha256: '',
      audit,
    },
    intake,
  )
  if (submitted.kind === 'ignored') {
    const at = intake.now()
    const { reason } = submitted
    intake.audit.add({
      ...audit,
      at,
      last_at: at,
      count: 1,
      app: app.name,
      outcome: 'ignored',
      reason,
    })
  }
  return submitted
}
