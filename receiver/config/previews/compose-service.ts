import type { ComposeModel } from '../compose/model.ts'

const MEMORY = '512m'
const CPUS = 1
const PIDS = 512
/** What of a service Compose is told no more: it waits for nothing, publishes nothing, and has its limits in one form. */
const NOT_COMPOSES: ReadonlySet<string> = new Set([
  'depends_on',
  'ports',
  'expose',
  'deploy',
  'mem_reservation',
  'memswap_limit',
])

/** A service of such a model as Compose is to run it. */
export function composeService(model: ComposeModel, name: string): { image: string } {
  const service = model.services[name] ?? {}
  const kept = Object.entries(service).filter(([key]) => !NOT_COMPOSES.has(key))
  const deploy: Deploy = service.deploy ?? {}
  const { limits = {} } = deploy.resources ?? {}
  const hasCpus = service['cpu_quota'] !== undefined || service['cpu_period'] !== undefined
  return {
    ...Object.fromEntries(kept),
    image: service.image ?? '',
    mem_limit: service['mem_limit'] ?? limits.memory ?? MEMORY,
    ...(hasCpus ? {} : { cpus: service['cpus'] ?? limits.cpus ?? CPUS }),
    pids_limit: service['pids_limit'] ?? limits.pids ?? PIDS,
    logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } },
  } as { image: string }
}

interface Deploy {
  resources?: { limits?: { cpus?: number | string; memory?: string; pids?: number } }
}
