import type { SiteSettings } from '../../../core/site.ts'
import type { Slot } from '../../../core/slots/ports.ts'
import type { Flags } from '../../slots.ts'
import type { Features } from '../features.ts'

/**
 * What Nginx needs to know of an app. A checksum of it stands in the app's file: whatever is at its default is left out, so that a
 * version that knows more of sites changes none that does not say more.
 */
export interface Site extends SiteSettings {
  app: string
  /** `server_name`s; none: the user has a site of their own and includes the snippets. */
  domains: readonly string[]
  /** `listen` of the server block. */
  listen: readonly string[]
  /** `address:port` of each replica of a slot. */
  upstreams: Readonly<Record<Slot, readonly string[]>>
  flags: Flags
  /** Whether there are times at which nobody serves, while one version takes the other's place. */
  pauses: boolean
  /** The certificate that visitors get, and where they come for it; absent: there is none to serve. */
  tls?: {
    certificate: string
    key: string
    listen: readonly string[]
    /** Those domains that it is for; absent: all of them. */
    domains?: readonly string[]
  }
  /** Folder of the answers that prove to a CA whose names these are; absent: none is asked. */
  webroot?: string
  /** Whether each connection begins with a line of the PROXY protocol, which says who the visitor is. */
  proxyProtocol?: true
  /** What this Nginx has: no setting, and no part of the checksum. Absent: what the oldest one has. */
  features?: Features
}
