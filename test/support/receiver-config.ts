import { join } from 'node:path'

/** Numeric id of the repository that the issuer's tokens speak of. */
const REPOSITORY_ID = '123456789'

/** A receiver's config file, as an object to change at will. */
export interface ReceiverConfig {
  listen: string
  socket: string
  apps: { hello: AppSettings; [name: string]: AppSettings }
  [key: string]: unknown
}

/** An app as the config file writes it. */
export interface AppSettings {
  image: string
  auth: Record<string, unknown>
  [key: string]: unknown
}

/** Config of a receiver with the one app `hello`, which a push to main of acme/hello may deploy. */
export function receiverConfig({
  dir,
  url,
  ports,
  subnet,
  nginx,
  registry,
  issuer,
  repository,
  domain,
}: {
  dir: string
  url: string
  ports: { listen: number; admin: number; sites: number }
  subnet: string
  nginx: { directory: string; test: string; reload: string }
  registry: { host: string; username: string }
  issuer: { url: string }
  repository: string
  domain: string
}): ReceiverConfig {
  return {
    url,
    listen: `127.0.0.1:${ports.listen}`,
    socket: join(dir, 'receiver.sock'),
    admin: `127.0.0.1:${ports.admin}`,
    data: join(dir, 'data'),
    network: { name: 'deploy', subnet },
    nginx: {
      directory: nginx.directory,
      test: nginx.test,
      reload: nginx.reload,
      listen: [`127.0.0.1:${ports.sites}`],
    },
    registries: {
      [registry.host]: { username: registry.username, password: '${REGISTRY_PASSWORD}' },
    },
    apps: {
      hello: {
        image: repository,
        domains: [domain],
        auth: {
          oidc: { issuer: issuer.url, repository_id: REPOSITORY_ID, ref: 'refs/heads/main' },
        },
        health: { path: '/healthz', deadline: '20s' },
        watch: '2s',
        drain: '6s',
      },
    },
  }
}
