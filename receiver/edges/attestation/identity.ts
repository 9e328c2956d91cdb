import type { AttestationPolicy } from '../../core/image/attestation.ts'

/** What a Fulcio certificate says of a workflow run. */
export interface Identity {
  issuer: string | undefined
  repositoryId: string | undefined
  ref: string | undefined
  /** `owner/repo/.github/workflows/deploy.yml@refs/heads/main`: the workflow that signed; of other hosts its URI. */
  workflow: string
  /** `owner/repo` that it was built from. */
  repository: string | undefined
}

/** https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md */
const OID = {
  issuer: '1.3.6.1.4.1.57264.1.8',
  signerUri: '1.3.6.1.4.1.57264.1.9',
  repositoryUri: '1.3.6.1.4.1.57264.1.12',
  ref: '1.3.6.1.4.1.57264.1.14',
  repositoryId: '1.3.6.1.4.1.57264.1.15',
}
const GITHUB = 'https://github.com/'

interface CertificateIdentity {
  subjectAlternativeName?: string
  oids?: { oid: { id: number[] } | undefined; value: Uint8Array }[]
}

/** Reads the identity out of a verified certificate. */
export function identityOf(certificate: CertificateIdentity | undefined): Identity {
  const extension = (wanted: string) => {
    const found = (certificate?.oids ?? []).filter(({ oid }) => oid?.id.join('.') === wanted)
    const [only] = found
    return only === undefined || found.length > 1 ? undefined : utf8String(only.value)
  }
  // the build signer is the SAN too; both must agree
  const signer = extension(OID.signerUri)
  const name = certificate?.subjectAlternativeName
  return {
    issuer: extension(OID.issuer),
    repositoryId: extension(OID.repositoryId),
    ref: extension(OID.ref),
    workflow: signer !== undefined && signer === name ? (within(signer) ?? signer) : '',
    repository: within(extension(OID.repositoryUri)),
  }
}

/** Why an identity is not the one that the policy names; `undefined` when it is. All comparisons are of whole texts. */
export function mismatch(identity: Identity, policy: AttestationPolicy): string | undefined {
  const { issuer, repositoryId, ref, workflow, repository } = identity
  if (issuer !== policy.issuer) return `its issuer is ${shown(issuer)}, not ${policy.issuer}`
  if (repositoryId !== policy.repositoryId) {
    return `it was built from repository ${shown(repositoryId)}, not ${policy.repositoryId}`
  }
  if (policy.ref !== undefined && ref !== policy.ref) {
    return `it was built from ${shown(ref)}, not ${policy.ref}`
  }
  if (policy.workflow === undefined) return undefined
  const wanted = policy.workflow.startsWith('.github/')
    ? `${repository ?? '(no repository)'}/${policy.workflow}`
    : policy.workflow
  // behind the @ stands the ref of the workflow's file, which may hold any character but not be missing
  const at = workflow.indexOf('@')
  return at !== -1 && workflow.slice(0, at) === wanted
    ? undefined
    : `it was signed by ${shown(workflow)}, not by ${wanted}`
}

const within = (uri: string | undefined) =>
  uri?.startsWith(GITHUB) === true ? uri.slice(GITHUB.length) : undefined

const shown = (text: string | undefined) =>
  text === undefined || text === '' ? 'none' : JSON.stringify(text.slice(0, 200))

/** A DER UTF8String (X.690, 8.1): tag, length, text. Anything else is no value. */
function utf8String(der: Uint8Array): string | undefined {
  const [tag, first = 0] = der
  const long = first > 0x80 ? first - 0x80 : 0
  if (tag !== 0x0c || first === 0x80 || long > 2) return undefined
  const length =
    long === 0 ? first : [...der.subarray(2, 2 + long)].reduce((sum, byte) => sum * 256 + byte, 0)
  const text = der.subarray(2 + long)
  return text.byteLength === length ? new TextDecoder().decode(text) : undefined
}
