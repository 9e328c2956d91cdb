import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  ImageReferenceError,
  parseImage,
  parseReference,
  type ReferenceErrorCode,
} from '../../protocol/image-reference.ts'
import { codeOf, messageOf } from './refusal.ts'

interface ParseRow {
  input: string
  domain?: string
  repository?: string
  tag?: string
  digest?: string
  err?: string
}

interface NameRow {
  input: string
  domain?: string
  path?: string
  err?: string
}

interface MatchRow {
  input: string
  match: boolean
  subs?: string[]
}

interface Vectors {
  parse: ParseRow[]
  withNameFailure: NameRow[]
  domainAndPath: NameRow[]
  parseNamed_canonical: NameRow[]
  regexp_domain: MatchRow[]
  regexp_fullName: MatchRow[]
  regexp_reference: MatchRow[]
  regexp_identifier: MatchRow[]
  normalized_valid: string[]
  normalized_invalid: string[]
  remote_valid: string[]
  remote_invalid: string[]
  parseRepositoryInfo: Record<
    'RemoteName' | 'FamiliarName' | 'FullName' | 'AmbiguousName' | 'Domain',
    string
  >[]
}

const vectors = JSON.parse(
  readFileSync(
    new URL('../vectors/distribution-reference/image-references.json', import.meta.url),
    'utf8',
  ),
) as Vectors

const CODES: Readonly<Record<string, ReferenceErrorCode>> = {
  ErrNameEmpty: 'empty',
  ErrReferenceInvalidFormat: 'invalid_format',
  ErrNameContainsUppercase: 'contains_uppercase',
  ErrNameTooLong: 'name_too_long',
  'digest.ErrDigestInvalidLength': 'digest_invalid_length',
  'digest.ErrDigestUnsupported': 'digest_unsupported',
}

describe("distribution's tables", () => {
  test.for(vectors.parse)('parse: $input', ({ input, err, ...parts }) => {
    if (err === undefined) expect(parseReference(input)).toStrictEqual(parts)
    else expect(codeOf(() => parseReference(input))).toBe(CODES[err])
  })

  test.for(vectors.withNameFailure)('no name alone: $input', ({ input, err = '' }) => {
    if (input === '') {
      // parsing says more precisely than WithName what is wrong with nothing
      expect(codeOf(() => parseReference(input))).toBe('empty')
      return
    }
    const code = codeOf(() => bareName(input))
    // WithName reads no tag and no digest; here a wrong digest is named as such
    const expected = input.includes('@invaliddigest:') ? 'digest_unsupported' : CODES[err]
    expect(code).toBe(expected)
  })

  test.for(vectors.domainAndPath)('domain and path: $input', ({ input, domain, path }) => {
    expect(split(input)).toStrictEqual([domain, path])
  })

  test.for(vectors.parseNamed_canonical)('canonical: $input', ({ input, domain, path, err }) => {
    const { registry, repository } = parseImage(input)
    expect(repository === input).toBe(err === undefined)
    if (err === undefined) expect(`${domain}/${path}`).toBe(`${registry}/${pathOf(input)}`)
  })

  test.for(vectors.regexp_domain)('domain: $input is one: $match', ({ input, match }) => {
    const found = attempt(() => parseReference(`${input}/x`).domain)
    expect(found === input).toBe(match)
  })

  test.for(vectors.regexp_fullName)('name: $input is one: $match', ({ input, match, subs }) => {
    const found = attempt(() => bareName(input))
    expect(found !== undefined).toBe(match)
    if (subs !== undefined) expect(split(input)).toStrictEqual(subs)
  })

  test.for(vectors.regexp_reference)('reference: $input is one: $match', (row) => {
    const found = attempt(() => parseReference(row.input))
    expect(found !== undefined).toBe(row.match)
    if (row.subs === undefined) return
    expect([found?.repository, found?.tag ?? '', found?.digest ?? '']).toStrictEqual(row.subs)
  })

  test.for(vectors.regexp_identifier)('identifier: $input is one: $match', ({ input, match }) => {
    expect(messageOf(() => parseImage(input)).includes('the id of an image')).toBe(match)
  })

  test.for(vectors.normalized_valid)('Docker takes %s', (input) => {
    expect(parseImage(input).repository).toContain('/')
  })

  test.for(vectors.normalized_invalid)('Docker refuses %s', (input) => {
    expect(codeOf(() => parseImage(input))).toBeTypeOf('string')
  })

  test.for(vectors.remote_valid)('Docker Hub takes %s', (input) => {
    expect(parseImage(input)).toMatchObject({ registry: 'docker.io' })
  })

  test.for(vectors.remote_invalid)('Docker Hub refuses %s', (input) => {
    expect(codeOf(() => parseImage(input))).toBeTypeOf('string')
  })

  test.for(vectors.parseRepositoryInfo)('all names of $FullName mean the same', (row) => {
    const names = [row.FamiliarName, row.FullName, row.AmbiguousName].filter((name) => name !== '')
    expect(names.length).toBeGreaterThan(0)
    for (const name of names) {
      expect(parseImage(name)).toStrictEqual({ registry: row.Domain, repository: row.FullName })
    }
    expect(`${row.Domain}/${row.RemoteName}`).toBe(row.FullName)
  })
})

function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse()
  } catch (error) {
    if (error instanceof ImageReferenceError) return undefined
    throw error
  }
}

/** Reads a name without tag and digest. */
function bareName(text: string): string {
  const { repository, tag, digest } = parseReference(text)
  if (tag !== undefined || digest !== undefined) {
    throw new ImageReferenceError('invalid_format', text, 'it is more than a name')
  }
  return repository
}

function split(name: string): [domain: string, path: string] {
  const { domain = '', repository } = parseReference(name)
  return [domain, domain === '' ? repository : repository.slice(domain.length + 1)]
}

const pathOf = (name: string) => name.slice(name.indexOf('/') + 1)
