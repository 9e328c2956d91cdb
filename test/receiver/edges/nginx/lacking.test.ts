import { expect, test } from 'vitest'
import { featuresIn, OLDEST } from '../../../../receiver/edges/nginx/features.ts'
import { describeVersion } from '../../../../receiver/edges/nginx/lacking.ts'

test.for([
  ['nginx version: nginx/1.30.6\n--with-http_v2_module --with-http_v3_module', '1.30.6'],
  [
    'nginx version: nginx/1.26.3\n--with-http_v2_module --with-http_v3_module',
    '1.26.3, which lacks keeping idle connections for a moment when it reloads (1.27.4)',
  ],
  [
    'nginx version: nginx/1.18.0\n--with-http_v2_module',
    "1.18.0, which lacks refusing TLS to names that no site has (1.19.4), a gRPC app's name for other containers (1.25.1), HTTP/3 (built with http_v3), keeping idle connections for a moment when it reloads (1.27.4)",
  ],
  [
    'nginx version: nginx/1.30.6\n--with-http_v2_module --with-http_v3_module --without-http_geo_module --without-http_limit_req_module',
    '1.30.6, which lacks what the site of each app takes (built with http_geo), rate_limit of apps (built with http_limit_req)',
  ],
] as const)('of what %s says', ([said, expected]) => {
  expect(describeVersion(featuresIn(said))).toBe(expected)
})

test('of an Nginx that does not say what it is nothing is said', () => {
  expect(describeVersion(OLDEST)).toBe('')
})
