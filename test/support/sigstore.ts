import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { bundleToJSON } from '@sigstore/bundle'
import {
  fulcioHandler,
  type HandlerFn,
  initializeCA,
  initializeCTLog,
  initializeTLog,
  initializeTSA,
  rekorHandler,
  tsaHandler,
} from '@sigstore/mock'
import { HashAlgorithm, PublicKeyDetails, TrustedRoot } from '@sigstore/protobuf-specs'
import { DSSEBundleBuilder, FulcioSigner, RekorWitness, TSAWitness } from '@sigstore/sign'

/** A Sigstore of one's own: certificate authority, its log, a transparency log and a timestamp authority. */
export interface Sigstore {
  /** What `gh attestation trusted-root` would print of it. */
  trustedRoot: object
  /** Signs a statement as a workflow run would; returns the bundle as JSON. */
  attest(what: Attested): Promise<object>
  stop(): Promise<void>
}

export interface Attested {
  /** `sha256:…` of the image. */
  digest: string
  /** Over those of a push to main of acme/hello. */
  claims?: Record<string, string>
  predicateType?: string
  payloadType?: string
  /** Instead of a statement about the digest. */
  payload?: Buffer
}

const CLAIMS = {
  iss: 'https://token.actions.githubusercontent.com',
  repository: 'acme/hello',
  repository_id: '123456789',
  ref: 'refs/heads/main',
  job_workflow_ref: 'acme/hello/.github/workflows/deploy.yml@refs/heads/main',
  workflow_ref: 'acme/hello/.github/workflows/deploy.yml@refs/heads/main',
}

/**
 * Starts the services on a loopback port. With `log: false` there is no transparency log and no certificate log, as in
 * GitHub's instance for private repositories: a timestamp authority vouches for the time.
 */
export async function startSigstore({ log = true }: { log?: boolean } = {}): Promise<Sigstore> {
  const handlers = new Map<string, HandlerFn>()
  const server = createServer((request, response) => {
    void buffer(request).then(async (body) => {
      const handler = handlers.get(request.url ?? '')
      const answer = await handler?.(body.toString())
      response.writeHead(answer?.statusCode ?? 404, {
        'content-type': answer?.contentType ?? 'text/plain',
      })
      response.end(answer?.response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const [caKeys, ctKeys, logKeys, tsaKeys] = [
    pair('P-384'),
    pair('P-256'),
    pair('P-256'),
    pair('P-384'),
  ]
  const ctLog = await initializeCTLog(ctKeys)
  // The timestamp has to lie in the ten minutes of the certificate, and behind the start of the authorities': one clock
  // that stands still, later than the last of these is made. A whole second, for DER drops the zeros at the end of a
  // fraction, and @sigstore/core reads three digits or none.
  const later = new Date((Math.floor(Date.now() / 1000) + 3600) * 1000)
  const ca = log ? await initializeCA(caKeys, ctLog) : await initializeCA(caKeys, undefined, later)
  const tlog = await initializeTLog(url, logKeys)
  const tsa = await initializeTSA(tsaKeys, later)
  for (const { path, fn } of [
    fulcioHandler(ca, { strict: true, subjectClaim: 'subject_name' }),
    rekorHandler(tlog, { strict: true }),
    tsaHandler(tsa, { strict: true }),
  ]) {
    handlers.set(path, fn)
  }

  const authority = (certificates: readonly ArrayBufferView[]) => ({
    subject: { commonName: 'sigstore', organization: 'sigstore.mock' },
    uri: url,
    certChain: { certificates: certificates.map((each) => ({ rawBytes: bytes(each) })) },
    validFor: { start: new Date(0), end: undefined },
    operator: '',
  })
  const logOf = (publicKey: Buffer, keyId: Buffer) => ({
    baseUrl: url,
    hashAlgorithm: HashAlgorithm.SHA2_256,
    logId: { keyId },
    publicKey: {
      rawBytes: publicKey,
      keyDetails: PublicKeyDetails.PKIX_ECDSA_P256_SHA_256,
      validFor: { start: new Date(0), end: undefined },
    },
    checkpointKeyId: undefined,
    operator: '',
  })
  const trustedRoot = TrustedRoot.toJSON({
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    certificateAuthorities: [authority([ca.rootCertificate])],
    timestampAuthorities: log ? [] : [authority([tsa.intCertificate, tsa.rootCertificate])],
    tlogs: log ? [logOf(tlog.publicKey, createHash('sha256').update(tlog.publicKey).digest())] : [],
    ctlogs: log ? [logOf(ctLog.publicKey, bytes(ctLog.logID))] : [],
  }) as object

  return {
    trustedRoot,
    async attest({ digest, claims = {}, predicateType, payloadType, payload }) {
      const all = { ...CLAIMS, ...claims }
      const token = unsigned({
        ...all,
        subject_name: `https://github.com/${all.job_workflow_ref}`,
        sub: 'x',
      })
      const builder = new DSSEBundleBuilder({
        signer: new FulcioSigner({
          fulcioBaseURL: url,
          identityProvider: { getToken: () => Promise.resolve(token) },
        }),
        witnesses: log
          ? [new RekorWitness({ rekorBaseURL: url, entryType: 'intoto' })]
          : [new TSAWitness({ tsaBaseURL: url })],
      })
      const bundle = await builder.create({
        data: payload ?? statement(digest, predicateType),
        type: payloadType ?? 'application/vnd.in-toto+json',
      })
      return bundleToJSON(bundle)
    },
    stop: () => close(server),
  }
}

/** An in-toto statement about an image. */
export const statement = (
  digest: string,
  predicateType = 'https://slsa.dev/provenance/v1',
): Buffer =>
  Buffer.from(
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'ghcr.io/acme/hello', digest: { sha256: digest.replace('sha256:', '') } }],
      predicateType,
      predicate: {},
    }),
  )

const pair = (namedCurve: string): { publicKey: KeyObject; privateKey: KeyObject } =>
  generateKeyPairSync('ec', { namedCurve })

const bytes = (view: ArrayBufferView): Buffer =>
  Buffer.from(view.buffer, view.byteOffset, view.byteLength)

/** The certificate authority reads the claims and does not check who signed them. */
const unsigned = (claims: object): string =>
  [{ alg: 'none' }, claims, {}]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')

const close = (server: Server) =>
  new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
