/** How an app's site at Nginx treats visitors. */
export interface SiteSettings {
  /** Networks of the proxies whose X-Forwarded-* and Forwarded are believed, as `10.0.0.0/8`: each once, and by its first address. */
  trustedProxies: readonly string[]
}
