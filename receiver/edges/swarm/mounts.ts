import type { ContainerSettings } from '../../core/slots/container-settings.ts'

/** What is mounted into tasks, in the form that the swarm's API has. */
export const mountsOf = ({
  volumes,
  anonymousVolumes = [],
  tmpfs,
  shmBytes,
}: Pick<ContainerSettings, 'volumes' | 'anonymousVolumes' | 'tmpfs' | 'shmBytes'>) => [
  ...volumes.map(mountOf),
  ...anonymousVolumes.map((path) => ({ Type: 'volume', Target: path })),
  ...Object.entries(tmpfs).map(([path, options]) => ({
    Type: 'tmpfs',
    Target: path,
    TmpfsOptions: tmpfsOptions(options),
  })),
  ...(shmBytes === undefined
    ? []
    : [{ Type: 'tmpfs', Target: '/dev/shm', TmpfsOptions: { SizeBytes: shmBytes } }]),
]

function mountOf(volume: string) {
  const [source = '', target = '', options = ''] = volume.split(':')
  const said = options.split(',')
  return {
    Type: source.startsWith('/') ? 'bind' : 'volume',
    Source: source,
    Target: target,
    ReadOnly: said.includes('ro'),
    ...(said.includes('nocopy') ? { VolumeOptions: { NoCopy: true } } : {}),
  }
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }

/** `size=64m,mode=1777`: the swarm takes the two apart, and knows no others. */
function tmpfsOptions(options: string): { SizeBytes?: number; Mode?: number } {
  const said = new Map(
    options.split(',').map((each): [string, string] => {
      const [name = '', value = ''] = each.split('=')
      return [name, value]
    }),
  )
  const [, digits, unit = ''] = /^(\d+)([kmg]?)$/i.exec(said.get('size') ?? '') ?? []
  const mode = said.get('mode')
  return {
    ...(digits === undefined
      ? {}
      : { SizeBytes: Number(digits) * (UNITS[unit.toLowerCase()] ?? 1) }),
    ...(mode === undefined ? {} : { Mode: Number.parseInt(mode, 8) }),
  }
}
