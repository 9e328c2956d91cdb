import type { HostConfig, MountPropagation, MountSettings } from 'dockerode'
import type { ContainerSettings } from '../../core/slots/container-settings.ts'

/** Docker makes the folder of a bind that is not there, and refuses a mount of it. */
export function bindsOf({
  volumes,
  requiredSources = [],
  anonymousVolumes = [],
}: Pick<ContainerSettings, 'volumes' | 'requiredSources' | 'anonymousVolumes'>): Pick<
  HostConfig,
  'Binds' | 'Mounts'
> {
  const isRequired = (volume: string) => requiredSources.includes(volume.split(':')[0] ?? '')
  return {
    Binds: volumes.filter((volume) => !isRequired(volume)),
    Mounts: [
      ...volumes.filter(isRequired).map(mountOf),
      ...anonymousVolumes.map((path): MountSettings => ({
        Type: 'volume',
        Source: '',
        Target: path,
      })),
    ],
  }
}

function mountOf(volume: string): MountSettings {
  const [source = '', target = '', options = ''] = volume.split(':')
  const said = options.split(',')
  const propagation = said.find((option) => /^r?(?:private|shared|slave)$/.test(option))
  return {
    Type: 'bind',
    Source: source,
    Target: target,
    ReadOnly: said.includes('ro'),
    ...(propagation === undefined
      ? {}
      : { BindOptions: { Propagation: propagation as MountPropagation } }),
  }
}
