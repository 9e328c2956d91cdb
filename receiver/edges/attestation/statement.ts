import * as v from 'valibot'

const PAYLOAD_TYPE = 'application/vnd.in-toto+json'
/** GitHub's artifact attestations and `cosign attest`; `cosign sign`. */
const PREDICATE_TYPES = new Set([
  'https://slsa.dev/provenance/v1',
  'https://sigstore.dev/cosign/sign/v1',
])

/** https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md */
const Statement = v.object({
  _type: v.picklist(['https://in-toto.io/Statement/v1', 'https://in-toto.io/Statement/v0.1']),
  predicateType: v.string(),
  subject: v.array(v.object({ digest: v.record(v.string(), v.string()) })),
})

/** Throws an error that says why a signed envelope is not a statement about the image of this digest. */
export function checkStatement(
  envelope: { payload: Uint8Array; payloadType: string },
  digest: string,
): void {
  if (envelope.payloadType !== PAYLOAD_TYPE) {
    throw new Error(
      `it holds ${JSON.stringify(envelope.payloadType.slice(0, 100))}, not a statement`,
    )
  }
  const parsed = v.safeParse(Statement, parseJson(envelope.payload))
  if (!parsed.success) throw new Error('its payload is not an in-toto statement')
  const { predicateType, subject } = parsed.output
  if (!PREDICATE_TYPES.has(predicateType)) {
    throw new Error(
      `its predicate is ${JSON.stringify(predicateType.slice(0, 200))}, not one of ${[...PREDICATE_TYPES].join(', ')}`,
    )
  }
  const digests = subject.map((each) => `sha256:${each.digest['sha256'] ?? ''}`)
  if (!digests.includes(digest)) {
    throw new Error(`it is about ${digests.slice(0, 3).join(', ') || 'nothing'}`)
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}
