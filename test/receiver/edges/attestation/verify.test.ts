import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type {
  AttestationPolicy,
  VerifyAttestation,
} from '../../../../receiver/core/image/attestation.ts'
import { createVerifyAttestation } from '../../../../receiver/edges/attestation/verify.ts'
import {
  type Attested,
  type Sigstore,
  startSigstore,
  statement,
} from '../../../support/sigstore.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`
const POLICY: AttestationPolicy = {
  issuer: 'https://token.actions.githubusercontent.com',
  repositoryId: '123456789',
  workflow: '.github/workflows/deploy.yml',
  ref: 'refs/heads/main',
}

let dir: string
let good: Sigstore
let own: Sigstore
let verify: VerifyAttestation

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'deploy-sigstore-'))
  good = await startSigstore()
  own = await startSigstore({ log: false })
  verify = verifierOf(
    'both',
    `${JSON.stringify(good.trustedRoot)}\n${JSON.stringify(own.trustedRoot)}\n`,
  )
})
afterAll(async () => {
  await good.stop()
  await own.stop()
  rmSync(dir, { recursive: true })
})

function verifierOf(name: string, roots: string): VerifyAttestation {
  writeFileSync(join(dir, name), roots)
  return createVerifyAttestation(join(dir, name))
}

const attest = (what: Partial<Attested> = {}, by = good) => by.attest({ digest: DIGEST, ...what })
const check = (bundles: readonly unknown[], policy = POLICY, digest = DIGEST, by = verify) =>
  by(bundles, { digest, policy })

/** What a verification is refused for. */
async function refusal(bundles: readonly unknown[], policy = POLICY, by = verify): Promise<string> {
  const error: unknown = await check(bundles, policy, DIGEST, by).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toMatchObject({ name: 'DeployError', code: 'not_attested' })
  return (error as Error).message
}

describe('an attested digest', () => {
  test('is taken with the transparency log of the public instance', async () => {
    expect(await check([await attest()])).toEqual({
      signer: 'acme/hello/.github/workflows/deploy.yml@refs/heads/main',
    })
  })

  test("is taken with a timestamp, as in GitHub's own instance, though another root comes first", async () => {
    expect(await check([await attest({}, own)])).toMatchObject({ signer: expect.any(String) })
  })

  test('is taken when one of several bundles is right', async () => {
    const wrong = await attest({ claims: { repository_id: '1' } })
    expect(await check([null, wrong, await attest()])).toMatchObject({ signer: expect.any(String) })
  })

  test('needs only what the policy names', async () => {
    const bundle = await attest({
      claims: {
        ref: 'refs/tags/v1',
        job_workflow_ref: 'other/lib/.github/workflows/x.yml@refs/heads/x',
      },
    })
    const { issuer, repositoryId } = POLICY
    await check([bundle], { issuer, repositoryId })
  })

  test('may be signed by a reusable workflow of another repository that the policy names in full', async () => {
    const bundle = await attest({
      claims: { job_workflow_ref: 'acme/ci/.github/workflows/build.yml@refs/tags/v1' },
    })
    await check([bundle], { ...POLICY, workflow: 'acme/ci/.github/workflows/build.yml' })
  })

  test('may be one of several subjects, and be signed by cosign', async () => {
    const several = JSON.parse(statement(DIGEST).toString()) as { subject: object[] }
    several.subject.unshift({ name: 'x', digest: { sha512: 'b'.repeat(128) } })
    await check([await attest({ payload: Buffer.from(JSON.stringify(several)) })])
    await check([await attest({ predicateType: 'https://sigstore.dev/cosign/sign/v1' })])
  })
})

describe('the identity is compared as a whole', () => {
  test.each([
    ['another repository', { repository_id: '1234567890' }, 'repository "1234567890"'],
    [
      'a repository whose id ours begins with',
      { repository_id: '12345678' },
      'repository "12345678"',
    ],
    ['another branch', { ref: 'refs/heads/main2' }, 'built from "refs/heads/main2"'],
    ['a tag', { ref: 'refs/tags/main' }, 'built from "refs/tags/main"'],
    [
      'another issuer',
      { iss: 'https://token.actions.githubusercontent.com.evil.example' },
      'issuer is',
    ],
    [
      'another workflow',
      { job_workflow_ref: 'acme/hello/.github/workflows/other.yml@refs/heads/main' },
      'signed by "acme/hello/.github/workflows/other.yml@',
    ],
    [
      'a workflow that begins like ours',
      { job_workflow_ref: 'acme/hello/.github/workflows/deploy.yml.yml@refs/heads/main' },
      'signed by',
    ],
    [
      'a workflow of the same path elsewhere',
      { job_workflow_ref: 'evil/hello/.github/workflows/deploy.yml@refs/heads/main' },
      'signed by "evil/hello/',
    ],
    [
      'a workflow with ours behind the @',
      {
        job_workflow_ref: 'evil/x/.github/workflows/x.yml@acme/hello/.github/workflows/deploy.yml',
      },
      'signed by',
    ],
    [
      'a workflow without a ref',
      { job_workflow_ref: 'acme/hello/.github/workflows/deploy.yml' },
      'signed by',
    ],
  ])('%s is refused', async (_name, claims, reason) => {
    expect(await refusal([await attest({ claims })])).toContain(reason)
  })
})

describe('the statement', () => {
  test.each([
    ['about another image', { digest: `sha256:${'b'.repeat(64)}` }, 'it is about sha256:bbbb'],
    ['with another predicate', { predicateType: 'https://spdx.dev/Document' }, 'its predicate is'],
    ['of another payload type', { payloadType: 'application/json' }, 'not a statement'],
    ['that is not JSON', { payload: Buffer.from('{') }, 'not an in-toto statement'],
    ['without subjects', { payload: Buffer.from('{"subject":[]}') }, 'not an in-toto statement'],
    [
      'whose digest is of another kind',
      {
        payload: Buffer.from(statement(DIGEST).toString().replace('"sha256":', '"sha512":')),
      },
      'it is about sha256:',
    ],
  ] as const)('%s is refused', async (_name, what, reason) => {
    expect(await refusal([await attest(what)])).toContain(reason)
  })
})

describe('a bundle that was tampered with is refused', () => {
  interface Json {
    dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string }[] }
    verificationMaterial: {
      certificate: { rawBytes: string }
      tlogEntries: { integratedTime: string; canonicalizedBody: string }[]
      timestampVerificationData?: object
    }
  }
  const changed = async (change: (bundle: Json) => void, by = good) => {
    const bundle = (await attest({}, by)) as Json
    change(bundle)
    return refusal([bundle])
  }

  test.each([
    [
      'its payload',
      (bundle: Json) => {
        const other = statement(DIGEST, 'https://sigstore.dev/cosign/sign/v1')
        bundle.dsseEnvelope.payload = other.toString('base64')
      },
    ],
    [
      'its payload type',
      (bundle: Json) => {
        bundle.dsseEnvelope.payloadType = 'application/json'
      },
    ],
    [
      'its signature',
      (bundle: Json) => {
        for (const each of bundle.dsseEnvelope.signatures) {
          each.sig = Buffer.from('not a signature').toString('base64')
        }
      },
    ],
    [
      'the time in the log',
      (bundle: Json) => {
        for (const entry of bundle.verificationMaterial.tlogEntries) entry.integratedTime = '1'
      },
    ],
    [
      'the log entry, gone',
      (bundle: Json) => {
        bundle.verificationMaterial.tlogEntries = []
      },
    ],
  ])('%s', async (_name, change) => {
    expect(await changed(change)).toContain('1 found:')
  })

  test('the certificate, that of another run', async () => {
    const other = (await attest({ claims: { repository_id: '1' } })) as Json
    const message = await changed((bundle) => {
      bundle.verificationMaterial.certificate = other.verificationMaterial.certificate
    })
    expect(message).toContain('1 found:')
  })

  test('the timestamp, gone', async () => {
    expect(
      await changed((bundle) => {
        delete bundle.verificationMaterial.timestampVerificationData
      }, own),
    ).toContain('1 found:')
  })
})

describe('what is no bundle, or nobody vouches for,', () => {
  test.each([
    [null],
    [1],
    ['text'],
    [{}],
    [[]],
    [{ mediaType: 'x' }],
    [{ verificationMaterial: {} }],
  ])('is refused: %j', async (bundle) => {
    expect(await refusal([bundle])).toContain('1 found:')
  })

  test('none at all is refused', async () => {
    expect(await refusal([])).toContain('there is none')
  })

  test('a root that is not trusted is refused', async () => {
    const stranger = await startSigstore()
    try {
      expect(await refusal([await attest({}, stranger)])).toContain('1 found:')
    } finally {
      await stranger.stop()
    }
  })

  test('a root with a log wants its entry: a timestamp alone does not do', async () => {
    const onlyGood = verifierOf('good', JSON.stringify(good.trustedRoot))
    expect(await refusal([await attest({}, own)], POLICY, onlyGood)).toContain('1 found:')
  })

  test('more than sixteen are not looked at', async () => {
    const many = Array.from({ length: 16 }, () => null)
    expect(await refusal([...many, await attest()])).toContain('16 found')
  })
})

describe('the trust root', () => {
  const code = (by: VerifyAttestation) =>
    check([], POLICY, DIGEST, by).then(
      () => undefined,
      (error: { code: string; message: string; hint: string }) => error,
    )

  test('that is missing fails, and says how to get one', async () => {
    const error = await code(createVerifyAttestation(join(dir, 'nothing')))
    expect(error?.code).toBe('trust_root_missing')
    expect(error?.hint).toContain('gh attestation trusted-root >')
  })

  test.each([
    ['empty', ''],
    ['no JSON', 'x'],
    ['something else', '{}'],
    ['half a line', '{}\n{'],
    ['a list', '[]'],
  ])('that is %s fails', async (name, text) => {
    expect((await code(verifierOf(name, text)))?.code).toBe('trust_root_missing')
  })

  test('is read again when it changes', async () => {
    const file = verifierOf('changing', JSON.stringify(own.trustedRoot))
    const bundle = await attest()
    await refusal([bundle], POLICY, file)
    verifierOf('changing', `${JSON.stringify(good.trustedRoot)}\n`)
    await check([bundle], POLICY, DIGEST, file)
  })
})
