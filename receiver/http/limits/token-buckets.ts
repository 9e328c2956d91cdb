/** A bucket for each address: a rejected request takes a token out, and they come back with time. */
export interface TokenBuckets {
  /** Milliseconds until this address may ask again; 0 when it may now. */
  waitMs(address: string): number
  /** A request of this address was rejected. */
  take(address: string): void
}

/** So many addresses are remembered; with more, the one that was quiet for longest starts anew. */
const MAX_ADDRESSES = 20_000

/**
 * Token buckets that only rejected requests empty: whoever has a right key is never slowed, and no key can be locked out
 * by what others send from elsewhere. `now` is in milliseconds.
 */
export function createTokenBuckets(
  { burst, perSecond }: { burst: number; perSecond: number },
  now: () => number,
): TokenBuckets {
  const buckets = new Map<string, { tokens: number; at: number }>()
  const tokensOf = (address: string) => {
    const bucket = buckets.get(address)
    if (bucket === undefined) return burst
    return Math.min(burst, bucket.tokens + ((now() - bucket.at) / 1000) * perSecond)
  }
  return {
    waitMs(address) {
      const tokens = tokensOf(address)
      return tokens >= 1 ? 0 : Math.ceil(((1 - tokens) / perSecond) * 1000)
    },
    take(address) {
      const tokens = Math.max(0, tokensOf(address) - 1)
      // re-inserted, so that the map is in the order of last use
      buckets.delete(address)
      buckets.set(address, { tokens, at: now() })
      if (buckets.size > MAX_ADDRESSES) {
        const [oldest] = buckets.keys()
        if (oldest !== undefined) buckets.delete(oldest)
      }
    },
  }
}
