import type { AppSpec, DockerApp } from '../core/app.ts'
import type { FleetMember } from '../core/fleet/fleet.ts'
import type { RegistryLogin } from '../core/image/registry.ts'
import type { LogLevel } from '../core/log.ts'
import type { AcmeSettings } from '../core/certificates/acme.ts'
import type { GithubPlaces } from '../core/notify/github-news.ts'
import type { Target } from '../core/notify/target.ts'
import type { AppPlace, CertificateSource, SiteSettings } from '../core/site.ts'

/** One accepted issuer with the claims that a token must bear. */
export interface OidcRule {
  /** Issuer URL; GitHub's `https://token.actions.githubusercontent.com` by default. */
  issuer: string
  /** Claim name → patterns, one of which must match: `*` within a path segment, `**` across. */
  claims: Readonly<Record<string, readonly string[]>>
}

export interface AppAuth {
  oidc: readonly OidcRule[]
  /** Standard Webhooks Ed25519 public keys, `whpk_…`. */
  keys: readonly string[]
  /** Standard Webhooks HMAC secrets, `whsec_…`. */
  secrets: readonly string[]
  /** Tokens of `https://{app}:{token}@host/…`; none when `basic` is not configured. */
  basic: {
    tokens: readonly string[]
    /** Whether they may name an `image`, not only redeploy and roll back. */
    deploy: boolean
  }
  /** Secrets of GitHub webhooks. */
  github: readonly string[]
}

/** Whose hooks make and remove previews of an app. None of them is for the app itself. */
export type PreviewAuth = Pick<AppAuth, 'oidc' | 'keys' | 'secrets'>

/** What previews of an app are like. */
export interface PreviewsConfig {
  /** Each has a name below it. */
  domain: string
  auth: PreviewAuth
  /** How many there are at most. */
  max: number
  /** How long one lasts without a deployment; 0 is for ever. */
  ttlMs: number
  /** Why none is made or updated: what is wrong with their Compose project, which may change without the config. */
  broken?: string
  /** Each of them, but for its name and domain. */
  app: Omit<AppConfig<DockerApp>, 'name' | 'domains'>
}

/** An app with what its config says beside what runs it. */
export type AppConfig<App extends AppSpec = AppSpec> = App & AppSurroundings

interface AppSurroundings extends AppPlace {
  auth: AppAuth
  /** What it says of its site, over `nginx.site`. */
  site: SiteSettings
  /** Where the certificate of its site comes from; absent: its visitors have no TLS of ours. */
  tls?: CertificateSource
  /** Logins of this app alone, by registry host. */
  registries: Readonly<Record<string, RegistryLogin>>
  /** Absent: it has none. */
  previews?: PreviewsConfig
  /** The app that it is a preview of. */
  previewOf?: string
}

export interface PageConfig {
  /** Under which Nginx has it, over TLS: the host of `url`, or a name of its own. */
  domain?: string
  /** Who may sign in by GitHub; absent: nobody. */
  github?: {
    clientId: string
    clientSecret: string
    /** User names in lower case. */
    users: readonly string[]
    /** `org/team`, in lower case. */
    teams: readonly string[]
    /** Users and teams that may look alone. */
    readers: readonly string[]
  }
}

/** As whom deployments that the Action did not make are shown on GitHub, and where. */
export interface GithubAppConfig extends GithubPlaces {
  id: string
  installation: string
  /** PEM. */
  key: string
  /** Without a slash at its end. */
  apiUrl: string
}

/** The checked, frozen configuration of a receiver. Durations are milliseconds. */
export interface Config {
  /** The file it was read from. */
  file: string
  /** Public base URL without a trailing slash. */
  url: string
  listen: { host: string; port: number }
  socket: string
  admin: { host: string; port: number }
  data: string
  network: {
    name: string
    subnet: string
    /** Subnet of which each preview has a bridge of its own. Absent: the one of the same size beside the other. */
    previews?: string
  }
  nginx: {
    directory: string
    test: string
    reload: string
    /** `listen` of the rendered sites: `80`, `127.0.0.1:8080`, … */
    listen: readonly string[]
    /** The same for what has a certificate. */
    listenTls: readonly string[]
    /** Whether each connection begins with a line of the PROXY protocol. */
    proxyProtocol: boolean
  }
  /** Who is asked for the certificates of apps that have none of their own; absent: nobody. */
  tls?: AcmeSettings
  /** How Nginx treats visitors of the host of `url`, as `nginx.site` says; absent: that host is left to the user. */
  site?: SiteSettings
  /** The page for people; absent: it is at `admin` alone, and links of `login-link` sign in. */
  page?: PageConfig
  /** Who hears of what went wrong, or well again. */
  notify: readonly Target[]
  /** Absent: GitHub hears of deployments by the Action alone. */
  githubApp?: GithubAppConfig
  /** Registry host → login, for apps that have none of their own there. Docker Hub is `docker.io`. */
  registries: Readonly<Record<string, RegistryLogin>>
  /** Addresses and networks of proxies whose `X-Forwarded-For` is believed. */
  trustedProxies: readonly string[]
  /** Rejected requests that one client address may make: so many at once, and so many more each second. */
  rateLimit: { burst: number; perSecond: number }
  /** What weighs less is not logged. */
  logLevel: LogLevel
  /** Whether Nginx tells the receiver of each request, for the figures of apps. */
  accessLog: boolean
  /** The other receivers that do the same elsewhere. */
  fleet: readonly FleetMember[]
  /** Bearer tokens that may read everything. */
  readTokens: readonly string[]
  apps: Readonly<Record<string, AppConfig>>
}
