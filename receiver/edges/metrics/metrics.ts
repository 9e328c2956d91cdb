import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client'
import type { Meters } from '../../core/meters.ts'
import type { Readings } from '../../core/readings.ts'
import { createGauges } from './gauges.ts'

/** Steps take from milliseconds to the longest pull. */
const STEP_SECONDS = [0.05, 0.25, 1, 2.5, 5, 10, 30, 60, 180, 600, 1800]

export interface Metrics extends Meters {
  contentType: string
  /** All of them in Prometheus' text format, with what is read at this moment. */
  text(): Promise<string>
}

/**
 * The receiver's metrics. Whatever a label may say is bounded: by the apps of the config, and by words of the receiver's own.
 * @param isApp whether there is an app of that name; others are counted together
 */
export function createMetrics({
  isApp,
  look,
}: {
  isApp(name: string): boolean
  look(): Promise<Readings>
}): Metrics {
  const register = new Registry()
  const registers = [register]
  collectDefaultMetrics({ register })
  // sums of others, by names that Prometheus has for counters
  for (const name of ['handles', 'requests', 'resources']) {
    register.removeSingleMetric(`nodejs_active_${name}_total`)
  }
  const named = (app: string) => (isApp(app) ? app : 'other')
  const deployments = new Counter({
    name: 'deploy_receiver_deployments_total',
    help: 'Deployments that came to their end.',
    labelNames: ['app', 'action', 'outcome'],
    registers,
  })
  const steps = new Histogram({
    name: 'deploy_receiver_step_duration_seconds',
    help: 'How long steps of deployments took.',
    labelNames: ['step', 'outcome'],
    buckets: STEP_SECONDS,
    registers,
  })
  const hooks = new Counter({
    name: 'deploy_receiver_hooks_total',
    help: 'Hooks that came in, by the kind of their credentials, what became of them, and why not.',
    labelNames: ['app', 'kind', 'outcome', 'reason'],
    registers,
  })
  const set = createGauges(register)
  let reading: Promise<string> | undefined

  return {
    contentType: register.contentType,
    deployment: ({ app, action, outcome }) => deployments.inc({ app: named(app), action, outcome }),
    step: ({ step, outcome, seconds }) => steps.observe({ step, outcome }, seconds),
    hook: ({ app, kind, outcome, code = '' }) =>
      hooks.inc({ app: app === undefined ? '' : named(app), kind, outcome, reason: code }),
    text() {
      // who asks meanwhile gets the same: a gauge is set anew for each reading
      reading ??= look()
        .then((readings) => {
          set(readings)
          return register.metrics()
        })
        .finally(() => (reading = undefined))
      return reading
    },
  }
}
