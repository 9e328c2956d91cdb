/** What was wrong with a reference. */
export type ReferenceErrorCode =
  | 'empty'
  | 'invalid_format'
  | 'contains_uppercase'
  | 'name_too_long'
  | 'digest_invalid_length'
  | 'digest_unsupported'

/** A text that is not an image reference. The message names it; `hint` says what one looks like. */
export class ImageReferenceError extends Error {
  readonly code: ReferenceErrorCode
  readonly hint: string

  constructor(code: ReferenceErrorCode, text: string, why: string) {
    super(`${JSON.stringify(text.slice(0, 300))} is not an image reference: ${why}`)
    this.name = 'ImageReferenceError'
    this.code = code
    this.hint = 'it looks like registry.example.com/team/app:tag or …/app@sha256:<64 hex digits>'
  }
}

/** A reference as it is written. `repository` has the domain in it, if there is one. */
export interface Reference {
  domain?: string
  repository: string
  tag?: string
  digest?: string
}

/** A reference in full: `docker.io/library/nginx` for `nginx`. */
export interface Image {
  /** Host of the registry, with its port: `ghcr.io`, `localhost:5000`, `docker.io`. */
  registry: string
  /** Registry and path. */
  repository: string
  tag?: string
  /** `sha256:` and 64 lower-case hex digits. */
  digest?: string
}

// distribution counts the path alone, without the domain
const MAX_PATH_CHARACTERS = 255
/** A DNS name's (RFC 1035, section 2.3.4). */
const MAX_HOST_CHARACTERS = 253
/** Host, path, tag and digest are far below it; a pattern's stack is not made for any text. */
const MAX_CHARACTERS = 4096

// The grammar of github.com/distribution/reference (regexp.go). None of these nests a repetition in another that could
// match the same text, so matching is linear.
const LABEL = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const HOST = String.raw`(?:${LABEL}(?:\.${LABEL})*|\[[a-fA-F0-9:]+\])`
const DOMAIN = String.raw`${HOST}(?::[0-9]+)?`
const COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const PATH = `${COMPONENT}(?:/${COMPONENT})*`
const TAG = String.raw`[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}`
const DIGEST = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}'

const REFERENCE = new RegExp(
  `^(?:(?<domain>${DOMAIN})/)?(?<path>${PATH})(?::(?<tag>${TAG}))?(?:@(?<digest>${DIGEST}))?$`,
)
const IDENTIFIER = /^[a-f0-9]{64}$/
const SHA256 = /^sha256:[a-f0-9]{64}$/

/** Reads a reference by distribution's grammar. Throws `ImageReferenceError`. */
export const parseReference = (text: string): Reference => read(text, text)

/** Reads a reference as Docker does: short names are Docker Hub's. Throws `ImageReferenceError`. */
export function parseImage(text: string): Image {
  if (IDENTIFIER.test(text)) {
    throw new ImageReferenceError('invalid_format', text, 'it is the id of an image')
  }
  const [registry, rest] = splitHost(text)
  const full = `${registry}/${registry === 'docker.io' && !namePart(rest).includes('/') ? `library/${rest}` : rest}`
  const { repository, tag, digest } = read(full, text)
  return {
    registry,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  }
}

/** `repository[:tag][@digest]`. */
export const formatImage = ({ repository, tag, digest }: Omit<Image, 'registry'>): string =>
  `${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`

/** Whether a text is a digest as the product takes it: sha256, in lower case. */
export const isDigest = (text: string): boolean => SHA256.test(text)

/** The first part is a host if it has a dot, a colon or an upper-case letter, or is `localhost`: Docker's rule. */
function splitHost(text: string): [registry: string, rest: string] {
  const slash = text.indexOf('/')
  const first = text.slice(0, Math.max(slash, 0))
  const isHost = slash > 0 && (/[.:A-Z]/.test(first) || first === 'localhost')
  if (!isHost) return ['docker.io', text]
  return [first === 'index.docker.io' ? 'docker.io' : first, text.slice(slash + 1)]
}

const namePart = (rest: string) => rest.split(/[:@]/, 1)[0] ?? ''

/** Errors name what was written, not what it was completed to. */
function read(text: string, written: string): Reference {
  if (written === '') throw new ImageReferenceError('empty', written, 'it is empty')
  if (text.length > MAX_CHARACTERS) {
    throw new ImageReferenceError(
      'name_too_long',
      written,
      `it has ${text.length} characters, at most ${MAX_CHARACTERS} are allowed`,
    )
  }
  const found = REFERENCE.exec(text)?.groups
  if (found === undefined) {
    if (REFERENCE.test(text.toLowerCase())) {
      throw new ImageReferenceError('contains_uppercase', written, 'a repository is in lower case')
    }
    throw new ImageReferenceError('invalid_format', written, 'it does not have the form of one')
  }
  const { domain, path = '', tag, digest } = found
  const host = domain?.replace(/:\d+$/, '') ?? ''
  if (host.length > MAX_HOST_CHARACTERS) {
    throw new ImageReferenceError(
      'name_too_long',
      written,
      `its host has ${host.length} characters, at most ${MAX_HOST_CHARACTERS} are allowed`,
    )
  }
  if (path.length > MAX_PATH_CHARACTERS) {
    throw new ImageReferenceError(
      'name_too_long',
      written,
      `its path has ${path.length} characters, at most ${MAX_PATH_CHARACTERS} are allowed`,
    )
  }
  if (digest !== undefined) checkDigest(digest, written)
  return {
    ...(domain === undefined ? {} : { domain }),
    repository: domain === undefined ? path : `${domain}/${path}`,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  }
}

function checkDigest(digest: string, text: string): void {
  if (SHA256.test(digest)) return
  if (!digest.startsWith('sha256:')) {
    throw new ImageReferenceError('digest_unsupported', text, 'only sha256 digests are taken')
  }
  throw new ImageReferenceError(
    digest.length === 'sha256:'.length + 64 ? 'digest_unsupported' : 'digest_invalid_length',
    text,
    'a digest is sha256: and 64 hex digits in lower case',
  )
}

/** A digest as people read it: as many of its digits as a rollback takes. */
export const shortDigest = (digest: string): string => digest.slice(0, 'sha256:'.length + 12)
