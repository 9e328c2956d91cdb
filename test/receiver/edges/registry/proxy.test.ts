import { expect, test } from 'vitest'
import { proxiesFrom, proxyFor } from '../../../../receiver/edges/registry/proxy.ts'

const SET = { http: 'http://plain:1', https: 'http://secure:2', except: '' }
const asked = (url: string, proxies: Partial<typeof SET>) =>
  proxyFor(new URL(url), { ...SET, ...proxies })?.href

test.each([
  ['https://ghcr.io/v2/', {}, 'http://secure:2/'],
  ['http://registry.example/v2/', {}, 'http://plain:1/'],
  ['https://ghcr.io/v2/', { https: '' }, undefined],
  ['https://ghcr.io/v2/', { https: '10.0.0.1:3128' }, 'http://10.0.0.1:3128/'],
  ['https://ghcr.io/v2/', { https: 'http://me:pw@proxy:3128' }, 'http://me:pw@proxy:3128/'],
  ['http://127.0.0.1:5000/v2/', {}, undefined],
  ['http://localhost:5000/v2/', {}, undefined],
  ['https://ghcr.io/v2/', { except: '*' }, undefined],
  ['https://ghcr.io/v2/', { except: 'other.example, ghcr.io' }, undefined],
  ['https://ghcr.io/v2/', { except: 'hcr.io' }, 'http://secure:2/'],
  ['https://registry.example.com/v2/', { except: 'example.com' }, undefined],
  ['https://example.com/v2/', { except: '.example.com' }, 'http://secure:2/'],
  ['https://registry.example.com/v2/', { except: '.example.com' }, undefined],
  ['https://registry.example.com/v2/', { except: '*.example.com' }, undefined],
  ['https://registry.example.com/v2/', { except: 'registry.example.com:5000' }, 'http://secure:2/'],
  ['https://registry.example.com:5000/v2/', { except: 'registry.example.com:5000' }, undefined],
  ['https://registry.example.com/v2/', { except: 'registry.example.com:443' }, undefined],
  ['https://192.0.2.7/v2/', { except: '192.0.2.0/24' }, undefined],
  ['https://192.0.3.7/v2/', { except: '192.0.2.0/24' }, 'http://secure:2/'],
  ['https://192.0.3.7/v2/', { except: '192.0.2.0/,192.0.2.0/99' }, 'http://secure:2/'],
  ['https://192.0.2.7/v2/', { except: '192.0.2.7' }, undefined],
  ['https://[::ffff:192.0.2.7]/v2/', { except: '192.0.2.0/24' }, undefined],
  ['https://8.0.2.7/v2/', { except: '010.0.2.0/24' }, 'http://secure:2/'],
  ['https://[2001:db8::1]/v2/', { except: '2001:db8::/32' }, undefined],
])('%s with %o is asked through %s', (url, proxies, expected) => {
  expect(asked(url, proxies)).toBe(expected)
})

test.each([
  ['http://xxxxx:xxxxx@proxy:3128', 'Docker does not tell the password of its proxy'],
  [
    'http://user:se/cret@proxy:1080',
    'what is set as HTTPS_PROXY, for the receiver or for Docker, is not an http or https URL',
  ],
  [
    'socks5://proxy:1080',
    'what is set as HTTPS_PROXY, for the receiver or for Docker, is not an http or https URL',
  ],
])('the proxy %s cannot be used', (https, message) => {
  expect(() => asked('https://ghcr.io/v2/', { https })).toThrow(
    expect.objectContaining({
      code: 'registry_unreachable',
      message,
      hint: expect.stringContaining('set HTTPS_PROXY'),
    }),
  )
  // where none is needed, that hurts nobody
  expect(asked('https://ghcr.io/v2/', { https, except: 'ghcr.io' })).toBeUndefined()
})

test('the environment goes before Docker, each by itself', () => {
  const docker = { http: 'http://d:1', https: 'http://d:2', except: 'd.example' }
  const env = { https_proxy: 'http://e:2', NO_PROXY: '' }
  expect(proxiesFrom(env, docker)).toEqual({
    http: 'http://d:1',
    https: 'http://e:2',
    except: 'd.example',
  })
  expect(proxiesFrom({}, undefined)).toEqual({ http: '', https: '', except: '' })
})
