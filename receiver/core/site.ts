/** How an app's site at Nginx treats visitors. */
export interface SiteSettings {
  /** Networks of the proxies whose X-Forwarded-* and Forwarded are believed, as `10.0.0.0/8`: each once, and by its first address. */
  trustedProxies: readonly string[]
  /** The value of Strict-Transport-Security that visitors over TLS get, whatever the app says. */
  hsts?: string
  /** Whether it is also served by HTTP/3, where Nginx has that. */
  http3?: true
}

/** Where the certificate of a site comes from: a CA is asked for it, or it lies in files of the administrator's own. */
export type CertificateSource =
  { kind: 'acme' } | { kind: 'files'; certificate: string; key: string }
