/** How a registry wants to be asked: with the login itself, or with a token that `realm` gives for it. */
export type Challenge =
  { scheme: 'basic' } | { scheme: 'bearer'; realm: string; service: string | undefined }

/** Reads `WWW-Authenticate` (RFC 9110, section 11.6.1) as registries send it; `undefined` when it asks for neither. */
export function parseChallenge(header: string | null): Challenge | undefined {
  const [, scheme = '', rest = ''] = /^\s*(\w+)(?:\s+(.*))?$/.exec(header ?? '') ?? []
  if (scheme.toLowerCase() === 'basic') return { scheme: 'basic' }
  if (scheme.toLowerCase() !== 'bearer') return undefined
  const parameters = new Map(
    [...rest.matchAll(/(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g)].map(
      ([, key = '', quoted, plain = '']) => [
        key.toLowerCase(),
        quoted?.replace(/\\(.)/g, '$1') ?? plain,
      ],
    ),
  )
  const realm = parameters.get('realm')
  if (realm === undefined || !URL.canParse(realm)) return undefined
  return { scheme: 'bearer', realm, service: parameters.get('service') }
}
