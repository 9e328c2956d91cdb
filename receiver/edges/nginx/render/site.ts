import type { SiteSettings } from '../../../core/site.ts'
import type { Slot } from '../../../core/slots/container.ts'
import type { Flags } from '../../slots.ts'
import type { Features } from '../features.ts'
import type { Up } from './up.ts'

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
  /** `address:port` of the nodes at which its orchestrator has it; absent: it is in slots. */
  published?: readonly string[]
  flags: Omit<Flags, 'maintenance' | 'heard' | 'drained' | 'straight'>
  /** Flags that say of a slot all that there is to know; absent: each is looked at by itself. */
  straight?: Flags['straight']
  /** Whether there are times at which nobody serves, while one version takes the other's place. */
  pauses: boolean
  /** The certificate that visitors get, and where they come for it; absent: there is none to serve. */
  tls?: {
    certificate: string
    key: string
    listen: readonly string[]
    /** Those names that it is for; absent: all of them. */
    domains?: readonly string[]
  }
  /** Folder of the answers that prove to a CA whose names these are; absent: none is asked. */
  webroot?: string
  /** Whether each connection begins with a line of the PROXY protocol, which says who the visitor is. */
  proxyProtocol?: true
  /** What this Nginx has: no setting, and no part of the checksum. Absent: what the oldest one has. */
  features?: Features
  /** Network of the containers that may come by the app's internal name; absent: there are no such names. */
  containers?: string
  /** Flag that is there while the receiver hears of requests; absent: it never does. */
  heard?: string
  /** By what load balancers are answered; absent: they are not. */
  up?: Up
  /** How visitors are kept waiting at the administrator's word. */
  maintenance?: Maintenance
  /** The server blocks in its file; left out: one, with all its domains and the app alone. */
  blocks?: readonly Block[]
  /** Paths that are taken off before the app is asked, the longest first. */
  strips?: readonly string[]
  /** Names that lead to the first of its domains. */
  redirectFrom?: readonly string[]
  /** It is not the app's own site, but the one of all its previews. */
  previews?: Previews
}

/** What a server block needs to know of what stands behind it. */
export type Front = Omit<
  Site,
  | 'upstreams'
  | 'published'
  | 'flags'
  | 'straight'
  | 'heard'
  | 'pauses'
  | 'blocks'
  | 'strips'
  | 'redirectFrom'
>

/** A server block that has apps at paths. */
export interface Block {
  domains: readonly string[]
  /** The longest first. */
  places: readonly Place[]
}

export interface Place {
  /** `/`, or `/api`. */
  path: string
  /** The app's snippets, without `.slot` and `.proxy`. */
  snippet: string
}

/** Whether visitors of a name come over TLS. */
export const isSecure = ({ tls }: Pick<Site, 'tls'>, name: string): boolean =>
  tls !== undefined && (tls.domains?.includes(name) ?? true)

/**
 * What a site says that all previews of an app share. It is written once; which previews there are, and where they are, Nginx sees
 * for each request by links (`edges/upstream-links.ts`), so that none of them needs a reload when it comes, is updated or goes.
 */
export interface Previews {
  /** Each has a name below it. */
  domain: string
  /** Folder of the links by which they are found. */
  upstreams: string
  /** Whether no other app's previews have names below that domain, too: then all of these names are theirs. */
  isAlone: boolean
}

export interface Maintenance {
  /** There: visitors are told so. */
  flag: string
  /** Path of the app's health, which is answered all the same. */
  health?: string
}

/**
 * What the checksum of settings in a file's head is of: what makes an edited file stand in the way. What every app has by default has to be
 * left out of it, or each file that somebody edited would be in the way of a newer receiver.
 */
export const settingsOf = ({
  containers: _c,
  maintenance: _m,
  heard: _h,
  straight: _s,
  up: _u,
  features: _f,
  ...settings
}: Site) => settings
