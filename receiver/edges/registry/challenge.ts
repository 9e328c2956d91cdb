/** How a registry wants to be asked: with the login itself, or with a token that `realm` gives for it. */
export type Challenge =
  { scheme: 'basic' } | { scheme: 'bearer'; realm: string; service: string | undefined }

/** A parameter with its value, quoted or not, else a word: the scheme of the next challenge. */
const PART = /([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))|([\w-]+)/g

/**
 * Reads `WWW-Authenticate` (RFC 9110, section 11.6.1). A registry may offer both ways, in one header or two, which come as one:
 * the token's is taken. `undefined` when it offers neither.
 */
export function parseChallenge(header: string | null): Challenge | undefined {
  const offered: { scheme: string; parameters: Map<string, string> }[] = []
  for (const [, key, quoted, plain = '', scheme] of (header ?? '').matchAll(PART)) {
    if (scheme !== undefined) offered.push({ scheme: scheme.toLowerCase(), parameters: new Map() })
    const value = quoted?.replace(/\\(.)/g, '$1') ?? plain
    if (key !== undefined) offered.at(-1)?.parameters.set(key.toLowerCase(), value)
  }
  for (const { scheme, parameters } of offered) {
    const realm = parameters.get('realm')
    if (scheme !== 'bearer' || realm === undefined || !URL.canParse(realm)) continue
    return { scheme, realm, service: parameters.get('service') }
  }
  return offered.some(({ scheme }) => scheme === 'basic') ? { scheme: 'basic' } : undefined
}
