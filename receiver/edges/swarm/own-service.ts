import { createHash } from 'node:crypto'
import type { SwarmApp } from '../../core/app.ts'
import { serviceOf } from '../../core/delegated/service-of.ts'
import { DeployError } from '../../core/errors.ts'
import { type Home, networkLabels } from '../docker/labels.ts'
import type { Spec } from './api.ts'

type Owner = Pick<Home, 'network' | 'installation'>

const APP_LABEL = 'deploy-receiver.app'
export const JOB_LABEL = 'deploy-receiver.job'

/** The app's service: that of its owner, or the receiver's own. */
export const serviceName = (
  app: Pick<SwarmApp, 'name' | 'swarm'>,
  { network }: Pick<Owner, 'network'>,
): string => serviceOf(app, network)

/** What a swarm takes as the name of a service. */
const LONGEST_NAME = 63

/** A job of it, by a name that is the same after a crash, and short enough. */
export function jobName(service: string, name: string): string {
  const whole = `${service}-${name}`
  if (whole.length <= LONGEST_NAME) return whole
  const end = `-${createHash('sha256').update(service).digest('hex').slice(0, 8)}-${name}`
  return `${service.slice(0, LONGEST_NAME - end.length)}${end}`
}

/** By these labels the receiver knows its own services again. */
export const serviceLabels = (
  { name }: Pick<SwarmApp, 'name'>,
  { network, installation }: Owner,
): Record<string, string> => ({
  ...networkLabels(network, installation.id),
  [APP_LABEL]: name,
})

/** @param name `release-7`, `run-7-1700`: its first word is what is looked for */
export const jobLabels = (
  app: Pick<SwarmApp, 'name'>,
  owner: Owner,
  name: string,
): Record<string, string> => ({
  ...serviceLabels(app, owner),
  [JOB_LABEL]: name.split('-')[0] ?? '',
})

/** A service of that name that somebody else made is left alone. Throws `not_ours`. */
export function refuseOthers(
  { Labels }: Pick<Spec, 'Labels'>,
  app: Pick<SwarmApp, 'name' | 'swarm'>,
  owner: Owner,
): void {
  if (app.swarm.service !== undefined) return
  const wanted = Object.entries(serviceLabels(app, owner))
  if (wanted.every(([name, value]) => Labels?.[name] === value)) return
  const name = serviceName(app, owner)
  throw new DeployError('not_ours', `the service ${name} was not made by this receiver`, {
    hint: `to deploy to it, write swarm: { service: ${name} }; or remove it`,
  })
}

/** Its tasks end, and there is nothing to roll out. Throws `service_missing`. */
export function refuseJobs({ Mode, Name }: Pick<Spec, 'Mode' | 'Name'>): void {
  const mode = Object.keys(Mode ?? {}).find((each) => each.endsWith('Job'))
  if (mode === undefined) return
  throw new DeployError(
    'service_missing',
    `the service ${Name} is a job (${mode}), which runs to its end`,
    { hint: 'what runs once before a deployment is apps.<app>.release' },
  )
}

export const missingService = (name: string) =>
  new DeployError('service_missing', `the swarm has no service ${name}`, {
    hint: '`docker service ls` shows those that there are; without swarm.service the receiver makes one',
  })
