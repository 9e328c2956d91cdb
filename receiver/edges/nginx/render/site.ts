import type { SiteSettings } from '../../../core/site.ts'
import type { Slot } from '../../../core/slots/ports.ts'
import type { Flags } from '../../slots.ts'

/** What Nginx needs to know of an app. */
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
}
