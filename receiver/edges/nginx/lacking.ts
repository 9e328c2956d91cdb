import { type Features, isAtLeast, OLDEST } from './features.ts'

/** What only later versions can, or only some are built with. docs/versions.md has the same. */
const NEWER: readonly { what: string; from: string; has: (features: Features) => boolean }[] = [
  {
    what: 'what the site of each app takes',
    from: 'built with http_geo',
    has: ({ without }) => !without.has('http_geo'),
  },
  {
    what: 'rate_limit of apps',
    from: 'built with http_limit_req',
    has: ({ without }) => !without.has('http_limit_req'),
  },
  {
    what: 'refusing TLS to names that no site has',
    from: '1.19.4',
    has: (features) => isAtLeast(features, '1.19.4'),
  },
  {
    what: 'HTTP/2 and gRPC',
    from: 'built with http_v2',
    has: ({ modules }) => modules.has('http_v2'),
  },
  {
    what: "a gRPC app's name for other containers",
    from: '1.25.1',
    has: (features) => isAtLeast(features, '1.25.1'),
  },
  { what: 'HTTP/3', from: 'built with http_v3', has: ({ modules }) => modules.has('http_v3') },
  {
    what: 'keeping idle connections for a moment when it reloads',
    from: '1.27.4',
    has: (features) => isAtLeast(features, '1.27.4'),
  },
]

/** Which Nginx it is and what it lacks, in words; empty when it does not say which it is. */
export function describeVersion(features: Features): string {
  if (features === OLDEST) return ''
  const lacks = NEWER.flatMap(({ what, from, has }) => (has(features) ? [] : `${what} (${from})`))
  const version = features.version.join('.')
  return lacks.length === 0 ? version : `${version}, which lacks ${lacks.join(', ')}`
}
