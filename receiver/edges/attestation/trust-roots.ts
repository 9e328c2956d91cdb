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
  try {
    const roots = documents.map((json) => toTrustMaterial(TrustedRoot.fromJSON(json)))
    if (roots.some(({ certificateAuthorities }) => certificateAuthorities.length > 0)) return roots
  } catch (cause) {
    throw unusable(file, 'is not a Sigstore trusted root', cause)
  }
  throw unusable(file, 'names no certificate authority')
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
    { hint: `gh attestation trusted-root > ${file}`, cause },
  )
