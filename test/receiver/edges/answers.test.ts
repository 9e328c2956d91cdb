// What registries, issuers and services that give credentials may answer: always a right answer or an error that says so,
// never another error, never one that escapes (which would fail the run), and never a wait that outlives the deadline.
import { createHash, generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RegistryLogin } from '../../../receiver/core/image/registry.ts'
import { DeployError } from '../../../receiver/core/errors.ts'
import { TokenError } from '../../../receiver/core/intake/oidc-token.ts'
import { createFetchAttestations } from '../../../receiver/edges/attestation/fetch.ts'
import { createCredentials } from '../../../receiver/edges/credentials/credentials.ts'
import { createIssuerKeys } from '../../../receiver/edges/oidc/issuer-keys.ts'
import type { ReadRepository } from '../../../receiver/edges/registry/reading.ts'
import { createRegistry } from '../../../receiver/edges/registry/registry.ts'
import { lookAtRepository } from '../../../receiver/edges/registry/repository.ts'
import { listTags } from '../../../receiver/edges/registry/tags.ts'
import { openDatabase } from '../../../receiver/edges/store/schema.ts'
import { type Hostile, hostile, type HostileServer, startHostile } from '../../support/hostile.ts'
import { readingAs } from '../../support/reading.ts'

/** Longer than any error has to be, in characters. */
const LONGEST = 4000
const RUNS = 40
const DIGEST = `sha256:${'a'.repeat(64)}`
const isDigest = (text: string) => /^sha256:[0-9a-f]{64}$/.test(text)

let server: HostileServer
let dir: string
beforeAll(async () => {
  server = await startHostile()
  dir = mkdtempSync(join(tmpdir(), 'answers-'))
})
afterAll(() => {
  server.stop()
  rmSync(dir, { recursive: true })
})

/** Checks that `ask` resolves to what `isRight` takes, or rejects with a fit error, whatever is answered. */
const holds = (
  plausible: readonly object[],
  ask: (signal: AbortSignal, answers: readonly Hostile[]) => Promise<unknown>,
  isFit: (error: unknown) => boolean,
) =>
  fc.assert(
    fc.asyncProperty(
      fc.array(hostile(plausible), { minLength: 1, maxLength: 4 }),
      async (answers: Hostile[]) => {
        const deadline = new AbortController()
        const over = new DOMException('the time is over', 'TimeoutError')
        server.answerWith(answers, () => deadline.abort(over))
        const outcome = await ask(deadline.signal, answers).catch((error: unknown) => error)
        expect(server.readWhole()).toBe(0)
        if (!(outcome instanceof Error)) return
        if (deadline.signal.aborted && outcome === over) return
        expect(outcome).toSatisfy(isFit)
        expect(outcome.message.length).toBeLessThan(LONGEST)
        expect(outcome.message).not.toContain('undefined')
      },
    ),
    { numRuns: RUNS, seed: 20260101 },
  )

describe('a registry may answer what it wants when it is asked', () => {
  const PLAUSIBLE = [
    { token: 'tok', access_token: 'tok', expires_in: 60 },
    { schemaVersion: 2, config: { digest: DIGEST, size: 2 }, layers: [{ size: 1 }] },
    {
      schemaVersion: 2,
      manifests: [{ digest: DIGEST, size: 2, platform: { os: 'linux', architecture: 'amd64' } }],
    },
    { tags: ['one', 'two'] },
    { errors: [{ code: 'DENIED', message: 'no' }] },
  ]
  const repository = () => `${new URL(server.url).host}/acme/api`
  const amd = { os: 'linux', architecture: 'amd64' }
  const isFit = (error: unknown) =>
    error instanceof DeployError &&
    (error.retryAfterMs === undefined ||
      (Number.isSafeInteger(error.retryAfterMs) && error.retryAfterMs >= 0))

  type Ask = (read: ReadRepository, signal: AbortSignal, digest: string) => Promise<unknown>
  const questions: [string, Ask][] = [
    [
      'for the digest of a tag',
      async (read, signal) => {
        const found = await createRegistry(read).resolve(
          { repository: repository(), tag: 'one' },
          signal,
        )
        expect(found).toSatisfy(isDigest)
      },
    ],
    [
      'for layers',
      async (read, signal, digest) => {
        const image = { repository: repository(), digest }
        const layers = await createRegistry(read).layers(image, amd, signal)
        expect(layers.every(({ bytes }) => Number.isSafeInteger(bytes) && bytes >= 0)).toBe(true)
      },
    ],
    [
      'for platforms',
      (read, signal, digest) =>
        createRegistry(read).platforms({ repository: repository(), digest }, signal),
    ],
    [
      'for its tags',
      async (read, signal) => {
        const { tags } = await listTags(repository(), new Set(), read, signal)
        expect(tags.every(({ tag }) => /^\w[\w.-]{0,127}$/.test(tag))).toBe(true)
      },
    ],
    [
      'for attestations',
      (read, signal, digest) =>
        createFetchAttestations(read)({ repository: repository(), digest }, signal),
    ],
    [
      'how it is read',
      (read, signal) =>
        lookAtRepository({ repository: repository(), tag: 'one' }, { isLive: true, read, signal }),
    ],
  ]
  test.for(questions)('%s', async ([, ask]) => {
    const login = { username: 'acme', password: 'pass word' }
    await holds(
      PLAUSIBLE,
      (signal, [first]) => {
        // what is answered first is what is asked for: else it would go no further
        const digest = createHash('sha256')
          .update(first?.body ?? '')
          .digest('hex')
        return ask(readingAs(login), signal, `sha256:${digest}`)
      },
      isFit,
    )
  })
})

test('an issuer may answer what it wants', async () => {
  const database = openDatabase(join(dir, 'store.db'))
  let number = 0
  await holds(
    [
      { issuer: 'ITSELF', jwks_uri: 'ITSELF/keys', keys: [{ kty: 'RSA' }] },
      { issuer: 'x'.repeat(100_000), jwks_uri: 'ITSELF/keys' },
    ],
    async () => {
      // another one each time: of one that failed the failure is kept for a while
      const issuer = `${server.url}/${++number}`
      const deadlineMs = 300
      const { keys } = await createIssuerKeys(database, Date.now, { deadlineMs }).get(issuer)
      expect(Array.isArray(keys)).toBe(true)
    },
    (error) => error instanceof TokenError && error.code === 'issuer_unavailable',
  )
  database.close()
})

describe('a service that gives credentials may answer what it wants', () => {
  const PLAUSIBLE = [
    { authorizationData: [{ authorizationToken: 'QVdTOnB3', expiresAt: 1e300 }] },
    { authorizationData: { authorizationToken: 'QVdTOnB3', expiresAt: -1e300 } },
    { AccessKeyId: 'AKIA', SecretAccessKey: 'secret', Token: 'session' },
    { access_token: 'ya29', expires_in: 1e300 },
    { token: 'ghs_x', expires_at: 'the day after tomorrow' },
    { message: 'no' },
  ]
  const entries: [string, () => RegistryLogin, () => NodeJS.ProcessEnv][] = [
    [
      'ECR',
      () => ({ kind: 'ecr', region: 'eu-central-1', profile: '' }),
      () => ({
        AWS_ENDPOINT_URL_ECR: server.url,
        AWS_ACCESS_KEY_ID: 'a',
        AWS_SECRET_ACCESS_KEY: 'b',
      }),
    ],
    [
      'the instance',
      () => ({ kind: 'ecr', region: 'eu-central-1', profile: '' }),
      () => ({ AWS_ENDPOINT_URL_ECR: server.url, AWS_EC2_METADATA_SERVICE_ENDPOINT: server.url }),
    ],
    [
      'Google',
      () => ({ kind: 'gcp' }),
      () => ({ GCE_METADATA_HOST: server.url.replace('http://', '') }),
    ],
    [
      'GitHub',
      () => {
        const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
        const keyFile = join(dir, 'key.pem')
        writeFileSync(keyFile, privateKey.export({ type: 'pkcs1', format: 'pem' }))
        return { kind: 'github_app', id: '1', installation: '2', keyFile }
      },
      () => ({ GITHUB_API_URL: server.url }),
    ],
  ]
  test.for(entries)('%s', async ([, entryOf, envOf]) => {
    const entry = entryOf()
    await holds(
      PLAUSIBLE,
      async (signal) => {
        const credentials = createCredentials({
          loginFor: () => entry,
          env: { HOME: dir, ...envOf() },
          learn: () => {},
        })
        const known = await credentials.of('registry.example/acme/api', signal)
        const { expiresAt = 0 } = known ?? {}
        expect(new Date(expiresAt).getTime()).not.toBeNaN()
      },
      (error) => error instanceof DeployError && error.code === 'registry_denied',
    )
  })
})
