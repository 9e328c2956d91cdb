import type { ContainerCreateOptions, HealthConfig } from 'dockerode'
import type { Healthcheck } from '../../core/app.ts'
import type { ContainerPlan } from '../../core/ports.ts'
import { containerName, labelsOf } from './labels.ts'

const NANOSECONDS = 1_000_000
/** Enough for any web service, and an end to a fork bomb. */
const PIDS_LIMIT = 4096

/**
 * The container of a plan, as Docker's API wants it. No port is published: Nginx reaches the fixed address on the bridge.
 * By default it cannot gain privileges, cannot fill the process table, and its log is rotated.
 */
export function createOptions(plan: ContainerPlan, network: string): ContainerCreateOptions {
  const { container } = plan.app
  return {
    name: containerName(network, plan),
    Image: `${plan.repository}@${plan.digest}`,
    Labels: labelsOf(network, plan),
    Env: Object.entries(container.environment).map(([name, value]) => `${name}=${value}`),
    ...(container.command === undefined ? {} : { Cmd: [...container.command] }),
    ...(container.entrypoint === undefined ? {} : { Entrypoint: [...container.entrypoint] }),
    ...(container.user === undefined ? {} : { User: container.user }),
    ...(container.healthcheck === undefined
      ? {}
      : { Healthcheck: healthConfig(container.healthcheck) }),
    StopTimeout: Math.ceil(container.stopGraceMs / 1000),
    HostConfig: {
      NetworkMode: network,
      Binds: [...container.volumes],
      RestartPolicy: {
        Name: container.restart.name,
        ...(container.restart.name === 'on-failure'
          ? { MaximumRetryCount: container.restart.maximumRetries }
          : {}),
      },
      SecurityOpt: ['no-new-privileges'],
      PidsLimit: PIDS_LIMIT,
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
      ...(container.memoryBytes === undefined ? {} : { Memory: container.memoryBytes }),
      ...(container.nanoCpus === undefined ? {} : { NanoCpus: container.nanoCpus }),
    },
    NetworkingConfig: {
      EndpointsConfig: { [network]: { IPAMConfig: { IPv4Address: plan.address } } },
    },
  }
}

/** Docker's form: nanoseconds, and an empty `Test` keeps the image's own. */
function healthConfig(healthcheck: Healthcheck): HealthConfig {
  const { test, intervalMs, timeoutMs, startPeriodMs, startIntervalMs, retries } = healthcheck
  return {
    ...(test === undefined ? {} : { Test: [...test] }),
    ...(intervalMs === undefined ? {} : { Interval: intervalMs * NANOSECONDS }),
    ...(timeoutMs === undefined ? {} : { Timeout: timeoutMs * NANOSECONDS }),
    ...(startPeriodMs === undefined ? {} : { StartPeriod: startPeriodMs * NANOSECONDS }),
    ...(startIntervalMs === undefined ? {} : { StartInterval: startIntervalMs * NANOSECONDS }),
    ...(retries === undefined ? {} : { Retries: retries }),
  }
}
