/** A certificate that a site is to have. */
export interface WantedCertificate {
  /** The app, or `url.HOST` for the receiver's own site. */
  site: string
  names: readonly string[]
  /** The CA that is asked for it; absent: it lies in files that somebody else looks after. */
  ca?: {
    /** URL of its ACME directory. */
    server: string
    /** Whether no browser believes it: it is there to try things out. */
    isTrial: boolean
    /** Proof is by DNS: the plugin of Certbot that puts it there, and the file of what it may do so with. Absent: over HTTP. */
    dns?: { plugin: string; credentials?: string }
  }
  /** It is a preview's own: one of many that come and go. */
  isPassing?: true
  /** Names of sites at which Nginx shows it, of a certificate that others have too; absent: its own. */
  shownAt?: readonly string[]
}

/** A certificate that is there, together with its key. Times are ISO 8601. */
export interface StandingCertificate {
  names: readonly string[]
  notBefore: string
  notAfter: string
  /** By which it is known again. */
  fingerprint: string
  /** The CA that was asked for it, if that is on record. */
  server?: string
  covers(name: string): boolean
}

/** What asking a CA came to, since it was last given a certificate for these names. */
export interface Attempts {
  /** What was asked for. */
  wanted: string
  count: number
  /** When the last one began; ISO 8601. */
  lastAt: string
  /** How long from then the CA asks to be left alone. */
  retryAfterMs?: number
  /** Why there was none; absent: the receiver ended before it knew. */
  message?: string
  hint?: string
}

/** Why a CA is not asked yet. */
export interface Held {
  message: string
  /** How long until it may be. */
  ms: number
}
