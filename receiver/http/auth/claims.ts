import { shorten } from '../../core/shorten.ts'

/** One accepted issuer with the patterns that each claim must match. */
export interface ClaimRule {
  issuer: string
  claims: Readonly<Record<string, readonly string[]>>
}

/**
 * Why a token's claims are not allowed by any of an app's rules, or `undefined` when they are. Claims are compared
 * exactly; `*` stands for anything within a path segment, `**` for anything at all. Runs of pull requests are refused
 * unless a rule names `event_name`: whoever opens one chooses its code.
 * @param unnamed events of pull requests that need not be named
 */
export function refusedClaim(
  token: { issuer: string; claims: Readonly<Record<string, unknown>> },
  rules: readonly ClaimRule[],
  unnamed: readonly string[] = [],
): string | undefined {
  let refusal = `no rule for issuer ${token.issuer}`
  for (const rule of rules) {
    if (rule.issuer !== token.issuer) continue
    const found = mismatch(token.claims, rule, unnamed)
    if (found === undefined) return undefined
    refusal = found
  }
  return refusal
}

function mismatch(
  claims: Readonly<Record<string, unknown>>,
  rule: ClaimRule,
  unnamed: readonly string[],
): string | undefined {
  const event = claims['event_name']
  if (
    rule.claims['event_name'] === undefined &&
    typeof event === 'string' &&
    event.startsWith('pull_request') &&
    !unnamed.includes(event)
  ) {
    return `event_name is ${event}, which must be named in the config to be allowed`
  }
  for (const [name, patterns] of Object.entries(rule.claims)) {
    const value = Object.hasOwn(claims, name) ? claims[name] : undefined
    if (value === undefined) return `the token has no claim ${name}`
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    if (!patterns.some((pattern) => matches(text, pattern))) {
      return `${name} is ${JSON.stringify(shorten(text, 200))}, the config requires ${patterns.map((pattern) => JSON.stringify(pattern)).join(' or ')}`
    }
  }
  return undefined
}

/**
 * Glob match in time linear in text × pattern, without regular expressions: a pattern is data. Case counts.
 */
export function matches(text: string, pattern: string): boolean {
  const tokens = pattern.match(/\*\*|\*|[^*]/gs) ?? []
  // reached[i]: the tokens so far can match the first i characters
  let reached = new Set([0])
  for (const token of tokens) {
    const next = new Set<number>()
    for (const at of reached) {
      if (token !== '*' && token !== '**') {
        if (text.startsWith(token, at)) next.add(at + token.length)
        continue
      }
      for (let end = at; end <= text.length && !next.has(end); end++) {
        next.add(end)
        if (token === '*' && text[end] === '/') break
      }
    }
    reached = next
  }
  return reached.has(text.length)
}
