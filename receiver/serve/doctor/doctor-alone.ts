import type { Finding } from '../../core/finding.ts'
import type { Config } from '../../config/config.ts'
import { readVariables } from '../../config/variables.ts'
import { systemClock } from '../../edges/clock.ts'
import { connectDocker } from '../../edges/docker/connect.ts'
import { createSites } from '../../edges/nginx/sites.ts'
import { divide } from '../../edges/subnet.ts'
import { createSlots, upFiles } from '../../edges/slots.ts'
import { lookAtMachine } from './doctor.ts'
import { describeWithoutRecord } from '../keep-certificates.ts'
import { lookAtConfig } from './look-at-config.ts'
import { type AskedDocker, lookAtDocker } from './look-at-docker.ts'
import { lookAtWayIn } from './look-at-way-in.ts'
import { atNginx } from '../site-tls.ts'
import { openReading } from '../open-registries.ts'

/**
 * What can be seen when no receiver runs: why it does not start is mostly among it. The record is not opened; what is live
 * is Docker's and Nginx's, and goes on.
 */
export async function lookWithoutReceiver(
  file: string,
  environment: NodeJS.ProcessEnv,
): Promise<Finding[]> {
  const variables = variablesOf(file, environment)
  const connecting = connectDocker(variables)
  // whoever needs it hears of it
  connecting.catch(() => {})
  const docker: AskedDocker = {
    version: async () => (await connecting).version(),
    info: async () => (await connecting).info(),
    getNetwork: (name) => ({ inspect: async () => (await connecting).getNetwork(name).inspect() }),
  }
  const { config, findings } = await lookAtConfig(file, environment, {
    describe: () => `${file} is right`,
    otherwise: 'no receiver starts with it',
  })
  if (config === undefined) return [...findings, ...(await Promise.all(lookAtDocker(docker)))]
  const sites = sitesOf(config)
  const looked = await lookAtMachine({
    config,
    docker,
    sites,
    read: openReading(config, { docker: () => connecting, env: variables }),
    wayIn: () => lookAtWayIn(config),
    certificates: () => describeWithoutRecord(config, { sites, clock: systemClock }),
    isLive: () => false,
    maintenanceSince: createSlots(config.data).maintenance,
    drainedSince: createSlots(config.data).machineDrained,
  })
  return [...findings, ...looked]
}

/** Without those of an env file that is not right: what is wrong with it is found with the config. */
function variablesOf(file: string, environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  try {
    return readVariables(file, environment)
  } catch {
    return environment
  }
}

/** They are only asked what Nginx makes of them: whose they are, and what would be written, is the record's. */
const sitesOf = (config: Config) => {
  const { apps, data, network, nginx } = config
  const { subnet } = network
  return createSites({
    up: upFiles(data),
    installation: '',
    nginx,
    app(name) {
      const app = Object.hasOwn(apps, name) ? apps[name] : undefined
      if (app === undefined) return undefined
      const { domains, paths, redirectFrom, site } = app
      return { domains, paths, redirectFrom, site, pauses: false }
    },
    apps: () => Object.values(apps).flatMap(({ name, http }) => (http ? name : [])),
    receiver: () => atNginx(config),
    flags: createSlots(data).flags,
    address: () => '',
    bridge: { subnet, gateway: divide(subnet).gateway },
  })
}
