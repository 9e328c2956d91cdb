import type Docker from 'dockerode'
import type { RegistrySettings } from '../registry/transport.ts'
import { retryReads } from './retry-reads.ts'

interface Info {
  RegistryConfig: {
    InsecureRegistryCIDRs: string[] | null
    IndexConfigs: Record<string, { Secure: boolean }> | null
  } | null
  HttpProxy?: string
  HttpsProxy?: string
  NoProxy?: string
}

/** How the engine goes to registries, as it says itself. */
export async function registrySettingsOf(docker: Docker): Promise<RegistrySettings> {
  const {
    RegistryConfig: told,
    HttpProxy: http = '',
    HttpsProxy: https = '',
    NoProxy: except = '',
  } = await retryReads(async () => (await docker.info()) as Info)
  return {
    insecureHosts: Object.entries(told?.IndexConfigs ?? {}).flatMap(([host, { Secure }]) =>
      Secure ? [] : [host],
    ),
    insecureRanges: told?.InsecureRegistryCIDRs ?? [],
    proxies: { http, https, except },
  }
}
