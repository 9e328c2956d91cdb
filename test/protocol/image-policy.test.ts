import { describe, expect, test } from 'vitest'
import {
  formatImage,
  isDigest,
  parseImage,
  parseReference,
} from '../../protocol/image-reference.ts'
import { codeOf, messageOf } from './refusal.ts'

const HEX = 'a1'.repeat(32)
const DIGEST = `sha256:${HEX}`

describe('policy', () => {
  test('a digest in upper case is refused', () => {
    const text = `ghcr.io/acme/api@sha256:${HEX.toUpperCase()}`
    expect(codeOf(() => parseReference(text))).toBe('digest_unsupported')
    expect(codeOf(() => parseImage(text))).toBe('digest_unsupported')
    expect(isDigest(`sha256:${HEX.toUpperCase()}`)).toBe(false)
  })

  test('a digest with one upper-case digit is refused', () => {
    const text = `ghcr.io/acme/api@sha256:${'a'.repeat(63)}A`
    expect(codeOf(() => parseImage(text))).toBe('digest_unsupported')
  })

  test.for([
    `sha512:${'a'.repeat(128)}`,
    `sha384:${'a'.repeat(96)}`,
    `SHA256:${HEX}`,
    `sha256+b64:${HEX}`,
  ])('the algorithm of %s is refused', (digest) => {
    expect(codeOf(() => parseImage(`ghcr.io/acme/api@${digest}`))).toBe('digest_unsupported')
    expect(isDigest(digest)).toBe(false)
  })

  test.for([63, 65])('a sha256 digest of %i digits is refused', (length) => {
    const digest = `sha256:${'a'.repeat(length)}`
    expect(codeOf(() => parseImage(`ghcr.io/acme/api@${digest}`))).toBe('digest_invalid_length')
    expect(isDigest(digest)).toBe(false)
  })

  test.for([`${DIGEST}\n`, ` ${DIGEST}`, `${DIGEST}@`, HEX, 'sha256:', ''])(
    '%j is not a digest',
    (text) => {
      expect(isDigest(text)).toBe(false)
    },
  )

  test('a lower-case sha256 digest is taken, and a tag beside it kept', () => {
    expect(isDigest(DIGEST)).toBe(true)
    expect(parseImage(`ghcr.io/acme/api:1.4.2@${DIGEST}`)).toStrictEqual({
      registry: 'ghcr.io',
      repository: 'ghcr.io/acme/api',
      tag: '1.4.2',
      digest: DIGEST,
    })
  })

  test.for([
    'ghcr.io/acme/api-evil',
    'ghcr.io/acme/api/evil',
    'ghcr.io/acme-evil/api',
    'ghcr.io.evil.example/acme/api',
    'evil.example/ghcr.io/acme/api',
    'ghcr.io:443/acme/api',
    'GHCR.io/acme/api',
    'acme/api',
    'docker.io/acme/api',
  ])('ghcr.io/acme/api is another repository than %s', (other) => {
    expect(parseImage(other).repository).not.toBe(parseImage('ghcr.io/acme/api').repository)
  })

  test.for([
    ['index.docker.io/library/nginx', 'docker.io/library/nginx'],
    ['index.docker.io/nginx:1', 'nginx:1'],
    ['docker.io/nginx:1', 'library/nginx:1'],
    [`index.docker.io/acme/api@${DIGEST}`, `acme/api@${DIGEST}`],
  ] as const)('%s and %s are equal', ([one, other]) => {
    expect(parseImage(one)).toStrictEqual(parseImage(other))
  })

  test.for([
    'ghcr.io/acme/api\n',
    '\nghcr.io/acme/api',
    'ghcr.io/acme/api ',
    'ghcr.io/acme/api:a\nb',
    'ghcr.io/acme/api\0',
    'ghcr.io/acme/../evil',
    'ghcr.io//acme/api',
    'https://ghcr.io/acme/api',
    'user:pw@ghcr.io/acme/api',
    'ghcr.io/acme/api?x=1',
    'ghcr.io/acme/api#x',
    'ghcr.io/acme/api:',
    'ghcr.io/acme/api@',
    'ghcr.io/acme/api:-x',
    `ghcr.io/acme/api:${'t'.repeat(129)}`,
    `ghcr.io/acme/api@${DIGEST}:tag`,
    `ghcr.io/acme/api@${DIGEST}@${DIGEST}`,
    'ghcr.io/acmé/api',
    'ghcr.io/аcme/api',
    'ghcr.io/acme/--help',
    '--help',
  ])('%j is refused', (text) => {
    expect(codeOf(() => parseImage(text))).toBe('invalid_format')
  })

  test('a tag of 128 characters is taken', () => {
    const tag = 't'.repeat(128)
    expect(parseImage(`ghcr.io/acme/api:${tag}`).tag).toBe(tag)
  })

  test('nothing at all is empty, not malformed', () => {
    expect(codeOf(() => parseImage(''))).toBe('empty')
  })

  test('an error names what was written, not what it was completed to', () => {
    expect(messageOf(() => parseImage('Api:1'))).toBe(
      '"Api:1" is not an image reference: a repository is in lower case',
    )
    expect(messageOf(() => parseImage('a: b'))).toBe(
      '"a: b" is not an image reference: it does not have the form of one',
    )
  })

  test('an error shows a long text cut', () => {
    expect(messageOf(() => parseImage('!'.repeat(100_000))).length).toBeLessThan(500)
  })

  test('every reference is written as it was read', () => {
    for (const text of [
      'ghcr.io/acme/api',
      'ghcr.io/acme/api:1',
      `ghcr.io/acme/api@${DIGEST}`,
      `[::1]:5000/api:1@${DIGEST}`,
    ]) {
      expect(formatImage(parseImage(text))).toBe(text)
    }
  })
})

// script/check-patterns.ts proves the patterns linear. This is for what is around them: with work that grows with the
// square of the text, one of these would not end in time on any machine, and all do on a slow one.
describe('hostile texts of 1 MB are answered', () => {
  const N = 1_000_000
  test.for([
    ['one label', 'a'.repeat(N)],
    ['one label with a wrong end', `${'a'.repeat(N)}!`],
    ['dashes', `a${'-'.repeat(N)}`],
    ['dashes and letters', `${'a-'.repeat(N / 2)}!`],
    ['dots', `${'a.'.repeat(N / 2)}!`],
    ['double underscores', `${'a__'.repeat(N / 3)}!`],
    ['underscores', `a${'_'.repeat(N)}a`],
    ['slashes', `${'a/'.repeat(N / 2)}!`],
    ['slashes alone', '/'.repeat(N)],
    ['colons', `${'a:'.repeat(N / 2)}!`],
    ['colons and slashes', `${'a:1/'.repeat(N / 4)}!`],
    ['at signs', `${'a@'.repeat(N / 2)}!`],
    ['an address', `[${':'.repeat(N)}`],
    ['a port', `a:${'1'.repeat(N)}/x!`],
    ['a long tag', `a:${'t'.repeat(N)}`],
    ['a long algorithm', `a@${'a'.repeat(N)}:${HEX}!`],
    ['many algorithms', `a@${'a+'.repeat(N / 2)}:${HEX}`],
    ['a long digest', `a@sha256:${'f'.repeat(N)}`],
    ['a long digest with a wrong end', `a@sha256:${'f'.repeat(N)}!`],
    ['upper case', `${'A'.repeat(N)}/x!`],
    ['nothing printable', '\0'.repeat(N)],
  ] as const)('%s', ([, text]) => {
    expect(codeOf(() => parseImage(text))).toBeTypeOf('string')
  })
})

test.for([
  ['dashes and letters', 'a-'.repeat(2_500_000)],
  ['the longest that is read, and one more', 'a'.repeat(4097)],
])('a text that is too long for any reference is refused unread: %s', ([, text = '']) => {
  expect(codeOf(() => parseImage(text))).toBe('name_too_long')
  expect(codeOf(() => parseReference(text))).toBe('name_too_long')
})

test('a host has at most the characters of a DNS name, its port not counted', () => {
  const host = (characters: number) => 'a.'.repeat(characters).slice(0, characters - 1) + 'a'
  expect(parseImage(`${host(253)}:5000/x/y`).registry).toBe(`${host(253)}:5000`)
  expect(codeOf(() => parseImage(`${host(254)}/x/y`))).toBe('name_too_long')
})
