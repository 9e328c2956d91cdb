import { readFileSync, statSync } from 'node:fs'
import { TrustedRoot } from '@sigstore/protobuf-specs'
import { toTrustMaterial, type TrustMaterial } from '@sigstore/verify'
import { DeployError } from '../../core/errors.ts'

/**
 * The trust roots of a file, read again when it changed: one TrustedRoot as JSON, or one a line, as
 * `gh attestation trusted-root` prints them. What it returns throws `DeployError`.
 */
export function createTrustRoots(file: string): () => readonly TrustMaterial[] {
  let known: { stamp: string; roots: readonly TrustMaterial[] } | undefined
  return () => {
    const stamp = stampOf(file)
    if (known?.stamp !== stamp) known = { stamp, roots: read(file) }
    return known.roots
  }
}

/** Keys are replaced more often than that. */
const OLD_MS = 2 * 365 * 24 * 60 * 60 * 1000
const MAX_SHOWN = 200

/** What a file of trust roots has, for people; with a hint when it has grown old. Throws `DeployError` when it cannot be used. */
export function describeTrustRoots(file: string, now: number): { message: string; hint?: string } {
  const keys = createTrustRoots(file)().flatMap(
    ({ tlogs, ctlogs, certificateAuthorities, timestampAuthorities }) => [
      ...tlogs,
      ...ctlogs,
      ...certificateAuthorities,
      ...timestampAuthorities,
    ],
  )
  const newest = keys.reduce((last, { validFor }) => Math.max(last, validFor.start.getTime()), 0)
  const message = `${file}: ${keys.length} keys, the newest of ${new Date(newest).toISOString().slice(0, 10)}`
  if (now - newest < OLD_MS) return { message }
  return {
    message: `${message}: what is signed with newer ones is not taken`,
    hint: remedy(file),
  }
}

function stampOf(file: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(file)
    return `${mtimeMs} ${size} ${ino}`
  } catch (cause) {
    throw unusable(file, 'cannot be read', cause)
  }
}

function read(file: string): TrustMaterial[] {
  let documents: unknown[]
  try {
    documents = parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw unusable(file, 'is not JSON', cause)
  }
  let trusted: TrustedRoot[]
  let roots: TrustMaterial[]
  try {
    trusted = documents.map((json) => TrustedRoot.fromJSON(json))
    roots = trusted.map((each) => toTrustMaterial(each))
  } catch (cause) {
    throw unusable(file, 'is not a Sigstore trusted root', cause)
  }
  if (roots.every(({ certificateAuthorities }) => certificateAuthorities.length === 0)) {
    throw unusable(file, 'names no certificate authority')
  }
  const endless = trusted.flatMap(endlessKeys)[0]
  if (endless !== undefined) throw unusable(file, `has ${endless} without validFor.start`)
  return roots
}

/** Keys whose time has no beginning: one that was replaced because it leaked would vouch for any time before its end. */
function endlessKeys(root: TrustedRoot): string[] {
  const logs = [...root.tlogs, ...root.ctlogs].map(
    ({ baseUrl, publicKey }) => [`the key of the log ${baseUrl}`, publicKey?.validFor] as const,
  )
  const authorities = [...root.certificateAuthorities, ...root.timestampAuthorities].map(
    ({ uri, validFor }) => [`the authority ${uri}`, validFor] as const,
  )
  return [...logs, ...authorities].flatMap(([what, validFor]) =>
    Number.isNaN(validFor?.start?.getTime() ?? Number.NaN) ? what.slice(0, MAX_SHOWN) : [],
  )
}

function parse(text: string): unknown[] {
  try {
    return [JSON.parse(text)]
  } catch (error) {
    const lines = text.split('\n').filter((line) => line.trim() !== '')
    if (lines.length < 2) throw error
    return lines.map((line) => JSON.parse(line) as unknown)
  }
}

const unusable = (file: string, what: string, cause?: unknown) =>
  new DeployError(
    'trust_root_missing',
    `the trust root ${file} ${what}: no attestation can be verified`,
    { hint: remedy(file), cause },
  )

const remedy = (file: string) => `gh attestation trusted-root > ${file}`
