import type Docker from 'dockerode'
import type { Config } from '../../config/config.ts'
import type { Finding } from '../../core/finding.ts'
import { findingOf, type TargetState } from '../../core/notify/state.ts'
import { readProject } from '../../edges/compose/read-project.ts'
import type { ReadRepository } from '../../edges/registry/reading.ts'
import type { ReceiverParts } from './doctor.ts'
import { compareConfig } from './look-at-config.ts'
import { lookAtWayIn } from './look-at-way-in.ts'
import type { Opened } from '../engines/open-docker.ts'
import type { OpenStore } from '../open-store.ts'

/** What `doctor` asks of a receiver that runs: it is loaded when somebody asks. */
export async function runDoctorWithin({
  current,
  docker,
  opened: { ports, swarm, kubernetes, engine, slots, sites },
  store: { journal, record },
  requests,
  notify,
  variables,
  environment,
  ...parts
}: Pick<ReceiverParts, 'edits' | 'certificates' | 'prove'> & {
  read: ReadRepository
  /** The config in force. */
  current: () => Config
  docker: Docker
  opened: Opened
  store: OpenStore
  requests: Pick<ReceiverParts['traffic'], 'whyDeaf'>
  notify: { describe(): TargetState[] }
  variables: NodeJS.ProcessEnv
  environment: NodeJS.ProcessEnv
}): Promise<Finding[]> {
  const { runDoctor } = await import('./doctor.ts')
  return runDoctor({
    ...parts,
    config: current(),
    docker,
    engine,
    sites,
    journal,
    wayIn: () => lookAtWayIn(current()),
    maintenanceSince: slots.maintenance,
    drainedSince: slots.machineDrained,
    stoppedSince: (app) => record.stopped(app)?.since,
    projects: {
      compose: ports.compose,
      read: (source, signal) => readProject(source, variables, { signal }),
      services: (app) => engine.services(app),
    },
    swarm,
    kubernetes: kubernetes.orchestrator,
    compareConfig: () => compareConfig(current(), environment),
    traffic: { whyDeaf: requests.whyDeaf, whoTells: sites.whoTells },
    notify: () => notify.describe().map(findingOf),
  })
}
