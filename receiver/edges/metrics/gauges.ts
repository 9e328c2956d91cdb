import { Counter, Gauge, type Registry } from 'prom-client'
import type { AppReading, Readings } from '../../core/readings.ts'
import { STATUS_CLASSES } from '../../core/traffic/answers.ts'

/** What is read at the moment when somebody asks. Returns what sets all of it. */
export function createGauges(register: Registry): (readings: Readings) => void {
  const all: { reset(): void }[] = []
  const made =
    (Kind: typeof Gauge | typeof Counter) =>
    <T extends string>(name: string, help: string, labelNames: readonly T[] = []) => {
      const one = new Kind<T>({
        name: `deploy_receiver_${name}`,
        help,
        labelNames: [...labelNames],
        registers: [register],
      })
      all.push(one)
      // each is empty when it is set: so what somebody else counted is a counter, too
      return {
        set: (labels: Partial<Record<T, string | number>>, value: number) => one.inc(labels, value),
      }
    }
  const gauge = made(Gauge)
  const counter = made(Counter)
  const APP = ['app'] as const
  const CONTAINER = ['app', 'slot', 'replica'] as const

  const waiting = gauge('deployments_waiting', 'Deployments that wait for their turn.', APP)
  const running = gauge('deployment_running', '1 while a deployment of the app runs.', APP)
  const failed = gauge('last_deployment_failed', '1 if the last deployment that ended failed.', APP)
  const stopped = gauge('app_stopped', '1 while the app is stopped on purpose.', APP)
  const maintenance = gauge('app_maintenance', '1 while visitors are told of maintenance.', APP)
  const live = gauge('live_info', 'What is live of an app.', [
    ...APP,
    'digest',
    'tag',
    'deployment',
  ])
  const since = gauge('live_since_timestamp_seconds', 'When that became live.', APP)
  const swap = gauge(
    'swap_timestamp_seconds',
    'When visitors were last led to another version.',
    APP,
  )

  const requests = counter('requests_total', 'Requests of visitors, as Nginx tells.', [
    ...APP,
    'code',
  ])
  const response = gauge(
    'response_seconds',
    'Seconds until the app began to answer, of the last minute.',
    [...APP, 'percentile'],
  )
  const afterSwap = gauge('requests_since_swap', 'Requests that were over after the last swap.', [
    ...APP,
    'outcome',
  ])
  const ignored = counter(
    'traffic_ignored_lines_total',
    'Lines that no Nginx of ours sent, or too many.',
  )

  const certificate = gauge(
    'certificate_expires_timestamp_seconds',
    'When the certificate of a site is over.',
    ['site'],
  )
  const free = gauge('disk_free_bytes', 'What is left of a disk.', ['holds'])
  const size = gauge('disk_size_bytes', 'How large it is.', ['holds'])

  const up = gauge('container_running', '1 if the container runs.', CONTAINER)
  const restarts = counter(
    'container_restarts_total',
    'How often Docker started it again.',
    CONTAINER,
  )
  const cpu = counter('container_cpu_seconds_total', 'Processor time that it took.', CONTAINER)
  const memory = gauge('container_memory_bytes', 'Memory that it takes.', CONTAINER)
  const limit = gauge('container_memory_limit_bytes', 'Memory that it may take.', CONTAINER)

  const wanted = gauge('replicas_wanted', 'How many an orchestrator is to run of an app.', APP)
  const ready = gauge('replicas_running', 'How many of them run.', APP)

  const setApp = (reading: AppReading) => {
    const { app, traffic } = reading
    waiting.set({ app }, reading.waiting)
    running.set({ app }, Number(reading.isDeploying))
    failed.set({ app }, Number(reading.lastFailed))
    stopped.set({ app }, Number(reading.isStopped))
    maintenance.set({ app }, Number(reading.inMaintenance))
    if (reading.live !== undefined) {
      const { digest, tag = '', deployment, since: at } = reading.live
      live.set({ app, digest, tag, deployment }, 1)
      if (at !== undefined) since.set({ app }, Date.parse(at) / 1000)
    }
    if (reading.replicas !== undefined) {
      wanted.set({ app }, reading.replicas.wanted)
      ready.set({ app }, reading.replicas.running)
    }
    if (traffic === undefined) return
    for (const code of STATUS_CLASSES) requests.set({ app, code }, traffic.total[code])
    const { p50, p95 } = traffic.minute
    if (p50 !== undefined) response.set({ app, percentile: '50' }, p50)
    if (p95 !== undefined) response.set({ app, percentile: '95' }, p95)
    if (traffic.swap === undefined) return
    const { at, requests: finished, serverErrors } = traffic.swap
    swap.set({ app }, Date.parse(at) / 1000)
    afterSwap.set({ app, outcome: 'answered' }, finished - serverErrors)
    afterSwap.set({ app, outcome: 'failed' }, serverErrors)
  }

  return ({ apps, certificates, disks, containers, ignoredLines }) => {
    for (const each of all) each.reset()
    for (const each of apps) setApp(each)
    for (const { site, notAfter } of certificates) {
      certificate.set({ site }, Date.parse(notAfter) / 1000)
    }
    for (const { holds, freeBytes, sizeBytes } of disks) {
      free.set({ holds }, freeBytes)
      size.set({ holds }, sizeBytes)
    }
    for (const { app, slot, replica, ...each } of containers) {
      const of = { app, slot, replica }
      up.set(of, Number(each.isRunning))
      restarts.set(of, each.restarts)
      if (each.cpuSeconds !== undefined) cpu.set(of, each.cpuSeconds)
      if (each.memoryBytes !== undefined) memory.set(of, each.memoryBytes)
      if (each.memoryLimitBytes !== undefined) limit.set(of, each.memoryLimitBytes)
    }
    ignored.set({}, ignoredLines)
  }
}
