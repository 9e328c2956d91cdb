import { readFileSync } from 'node:fs'
import { ActionError } from './error.ts'

/** The receiver takes no more than this many. */
const MOST = 8

/**
 * Reads Sigstore bundles from files that hold one, or one a line (as `actions/attest-build-provenance` leaves them in
 * its output `bundle-path`).
 * @throws ActionError `bad_input`, naming the file.
 */
export const readAttestations = (files: readonly string[]): unknown[] => {
  const bundles = files.flatMap(readBundles)
  if (bundles.length <= MOST) return bundles
  throw new ActionError('bad_input', `input attestations: ${bundles.length} bundles`, {
    hint: `A hook takes ${MOST} at most; those in the registry need not be sent.`,
  })
}

function readBundles(file: string): unknown[] {
  let text
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new ActionError('bad_input', `input attestations: ${file} cannot be read`, {
      hint: 'Give the bundle-path output of the step that attested: ${{ steps.attest.outputs.bundle-path }}.',
      cause,
    })
  }
  const bundles = parse(text) ?? text.split('\n').flatMap((line) => parse(line) ?? [])
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  if (bundles.length > 0 && (bundles.length === 1 || bundles.length === lines.length))
    return bundles
  throw new ActionError('bad_input', `input attestations: ${file} holds no Sigstore bundle`, {
    hint: 'It has to be JSON, whole or one bundle a line.',
  })
}

function parse(text: string): [unknown] | undefined {
  try {
    return [JSON.parse(text)]
  } catch {
    return undefined
  }
}
