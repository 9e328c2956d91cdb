/** A bucket for each address: a rejected request takes a token out, and they come back with time. */
export interface TokenBuckets {
  /** Milliseconds until this address may ask again; 0 when it may now. */
  waitMs(address: string): number
  /** A request of this address was rejected. */
  take(address: string): void
}

/** So many addresses are remembered at least, and twice as many at most: those quiet for longest start anew. */
const MAX_ADDRESSES = 10_000

/**
 * Token buckets that only rejected requests empty: whoever has a right key is never slowed, and no key can be locked out
 * by what others send from elsewhere. `now` is in milliseconds.
 */
export function createTokenBuckets(
  { burst, perSecond }: { burst: number; perSecond: number },
  now: () => number,
): TokenBuckets {
  type Buckets = Map<string, { tokens: number; at: number }>
  let buckets: Buckets = new Map()
  let older: Buckets = new Map()
  const tokensOf = (address: string) => {
    const bucket = buckets.get(address) ?? older.get(address)
    if (bucket === undefined) return burst
    return Math.min(burst, bucket.tokens + ((now() - bucket.at) / 1000) * perSecond)
  }
  return {
    waitMs(address) {
      const tokens = tokensOf(address)
      return tokens >= 1 ? 0 : Math.ceil(((1 - tokens) / perSecond) * 1000)
    },
    take(address) {
      buckets.set(address, { tokens: Math.max(0, tokensOf(address) - 1), at: now() })
      if (buckets.size < MAX_ADDRESSES) return
      older = buckets
      buckets = new Map()
    },
  }
}
