/** Where visitors find an app. */
export interface AppPlace {
  domains: readonly string[]
  /** Of each domain: `/`, or `/api` without a slash at its end. */
  paths: readonly string[]
  /** Whether the app is asked without the path that led to it. */
  stripPrefix: boolean
  /** Names that lead to the first domain. */
  redirectFrom: readonly string[]
}

/** How an app's site at Nginx treats visitors. What is left out is as by default: so it is in nobody's checksum. */
export interface SiteSettings {
  /** Networks of the proxies whose X-Forwarded-* and Forwarded are believed, as `10.0.0.0/8`: each once, and by its first address. */
  trustedProxies: readonly string[]
  /** The value of Strict-Transport-Security that visitors over TLS get, whatever the app says. */
  hsts?: string
  /** Whether it is also served by HTTP/3, where Nginx has that. */
  http3?: true
  /** `grpc`: by HTTP/2 to the app, too. Absent: HTTP. */
  protocol?: 'grpc'
  /** Largest body of a request, as Nginx writes it (`50m`); `0` is any. Absent: 100m. */
  maxBody?: string
  /** How long an app may be silent, or take nothing, in whole milliseconds. Absent: an hour. */
  timeoutMs?: number
  /** Whether Nginx compresses texts. */
  gzip?: true
  /** How many requests a visitor's address may make, as Nginx writes it (`20r/s`), and how many at once beside that. */
  rateLimit?: { rate: string; burst: number }
  /** Headers of every answer, in place of the app's own of the same name; an empty one takes that away. */
  headers?: Readonly<Record<string, string>>
  /** File of the names and passwords of who may come in. */
  basicAuth?: string
  /** Files by status, for what Nginx answers by itself. */
  errorPages?: Readonly<Record<string, string>>
  /** File of directives for the server block. */
  include?: string
}

/**
 * Where the certificate of a site comes from: a CA is asked for it, or for one of all names below a domain, which proof by DNS takes; or it
 * lies in files of the administrator's own.
 */
export type CertificateSource =
  | { kind: 'acme' }
  | ({ kind: 'wildcard' } & WildcardSource)
  | { kind: 'files'; certificate: string; key: string }

/** `credentials` is the file that Certbot's plugin for the DNS provider reads; some need none. */
export interface WildcardSource {
  domain: string
  plugin: string
  credentials?: string
}
