import type { NewsKind } from './news.ts'

/** How a target is reached. */
export type Way =
  | {
      kind: 'slack' | 'discord' | 'teams'
      /** Secret: whoever knows it may write there. */
      url: string
    }
  | {
      kind: 'webhook'
      url: string
      /** `whsec_…` or `whsk_…`, by which it knows that the news are the receiver's (standardwebhooks.com). */
      secret: string
    }
  | {
      kind: 'email'
      to: readonly string[]
      from: string
      host: string
      port: number
      /** From the first byte, by STARTTLS, or never. */
      tls: 'implicit' | 'starttls' | 'none'
      login?: { user: string; password: string }
    }

/** Someone who hears of news. */
export interface Target {
  /** By which what waits for it is known again after a restart, and another config. */
  name: string
  way: Way
  on: readonly NewsKind[]
  /** Apps whose news it hears; absent: of all. What is of no app, it always hears. */
  apps?: readonly string[]
  /** Whether it may be at an address of this machine, of its network or of its cable. */
  allowsPrivate: boolean
}

/** Which of several kinds that a piece of news is, a target hears of it as. */
export function heardBy<K extends NewsKind>(
  { on, apps }: Target,
  kinds: readonly K[],
  app: string | undefined,
): K | undefined {
  if (app !== undefined && apps?.includes(app) === false) return undefined
  return kinds.find((kind) => on.includes(kind))
}
