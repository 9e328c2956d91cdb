import { DeployError } from '../../core/errors.ts'
import type { Spec, SwarmApi } from './api.ts'

/** A service names its secrets and configs by id as well, for which the swarm is asked. Throws `start_failed` for one that it has not. */
export async function withFileIds(
  spec: Spec,
  swarm: Pick<SwarmApi, 'secrets' | 'configs'>,
): Promise<Spec> {
  const { ContainerSpec } = spec.TaskTemplate
  const { Secrets = [], Configs = [] } = ContainerSpec
  if (Secrets.length === 0 && Configs.length === 0) return spec
  const [secrets, configs] = await Promise.all([swarm.secrets(), swarm.configs()])
  const filled = {
    ...ContainerSpec,
    Secrets: Secrets.map((each) => ({
      ...each,
      SecretID: idOf('secret', secrets, each.SecretName),
    })),
    Configs: Configs.map((each) => ({
      ...each,
      ConfigID: idOf('config', configs, each.ConfigName),
    })),
  }
  return { ...spec, TaskTemplate: { ...spec.TaskTemplate, ContainerSpec: filled } }
}

function idOf(
  kind: 'secret' | 'config',
  all: readonly { ID: string; Spec?: { Name?: string } }[],
  name = '',
): string {
  const found = all.find(({ Spec }) => Spec?.Name === name)
  if (found !== undefined) return found.ID
  throw new DeployError('start_failed', `the swarm has no ${kind} ${name}`, {
    hint: `docker ${kind} create ${name} <file>; \`docker ${kind} ls\` shows those that there are`,
  })
}
