import type { Login } from '../../receiver/edges/credentials/login.ts'
import { createReading, type ReadRepository } from '../../receiver/edges/registry/reading.ts'
import { createTransport, type RegistrySettings } from '../../receiver/edges/registry/transport.ts'
import { fixedLogin } from './fixed-login.ts'

/** An engine that nobody told anything of registries. */
export const UNTOLD: RegistrySettings = {
  insecureHosts: [],
  insecureRanges: ['127.0.0.0/8', '::1/128'],
  proxies: { http: '', https: '', except: '' },
}

/** Reads registries, always with this login. */
export const readingAs = (
  login?: Login,
  { told = UNTOLD, certificates }: { told?: RegistrySettings; certificates?: string } = {},
): ReadRepository =>
  createReading({
    credentials: fixedLogin(login),
    transport: createTransport({
      settings: async () => told,
      env: {},
      ...(certificates === undefined ? {} : { certificates }),
    }),
    redact: (text) => text,
  })
