import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { beforeEach, expect, test, vi } from 'vitest'
import { chooseLogin } from '../../../action/credentials.ts'
import { readInputs } from '../../../action/inputs.ts'
import { type DockerConfig, prepareDocker } from '../../../action/login.ts'
import { configKey } from '../../../action/registries/host.ts'
import { ecrNeighbours, ecrPlace, isEcr, isPublicEcr } from '../../../protocol/registries/ecr.ts'
import { contextOf } from '../context-of.ts'
import { startService } from './service.ts'

/** Cases that give something else here, each on purpose. docs/action.md tells users. */
const DIFFERENT: Readonly<Record<string, string>> = {
  'README Docker Hub': 'without registry it is that of image, and ghcr.io without one',
  'README several registries, in two steps':
    'one registry a step: further ones by docker/login-action before it, whose logins stay in force',
  'README registry-auth': 'the same; the input is refused by its name',
  'README scope': 'the login is there for this step’s commands alone, whatever they read',
  'suite getAuthList, scope': 'the same',
}

interface HostCase {
  case: string
  host: string
  /** `AWS_ACCOUNT_IDS`. */
  accounts?: string
  expect: { isEcr?: boolean; isPublic?: boolean; region?: string; accounts?: string[] }
}
interface LoginCase {
  case: string
  inputs: Record<string, string>
  env?: Record<string, string>
  expect: { registry: string; username: string; password: string }[]
}
const read = (name: string): unknown =>
  JSON.parse(
    readFileSync(join(import.meta.dirname, `../../vectors/login-action/${name}.json`), 'utf8'),
  )

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'login-agreement-'))
  return () => rmSync(dir, { recursive: true, force: true })
})

test('docker/login-action’s cases give the same here, but for what differs on purpose', async () => {
  const said = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const hosts = read('hosts') as HostCase[]
  const logins = read('logins') as LoginCase[]
  const aws = await startAws()
  const different: Record<string, unknown> = {}
  for (const peer of hosts) {
    const ours = hostOf(peer)
    if (!isDeepStrictEqual(ours, peer.expect)) different[peer.case] = { ours, theirs: peer.expect }
  }
  for (const peer of logins) {
    const ours = await authsOf(peer, aws)
    const theirs = Object.fromEntries(
      peer.expect.map(({ registry, username, password }) => [
        configKey(registry),
        `${username}:${password}`,
      ]),
    )
    if (!isDeepStrictEqual(ours, theirs)) different[peer.case] = { ours, theirs }
  }
  said.mockRestore()

  const unexpected = Object.entries(different).filter(([name]) => !(name in DIFFERENT))
  expect(unexpected).toEqual([])
  expect(Object.keys(different).toSorted()).toEqual(Object.keys(DIFFERENT).toSorted())
  const total = hosts.length + logins.length
  const docs = readFileSync(join(import.meta.dirname, '../../../docs/action.md'), 'utf8')
  expect(docs).toContain(`${total - Object.keys(different).length} of ${total}`)
})

/** AWS, which gives the same token to whoever asks. */
async function startAws(): Promise<string> {
  const authorizationToken = Buffer.from('AWS:world').toString('base64')
  const { url } = await startService({
    'POST /': ({ headers }) => ({
      authorizationData: String(headers['x-amz-target']).startsWith('Spencer')
        ? { authorizationToken }
        : [{ authorizationToken }],
    }),
  })
  return url
}

function hostOf({ host, accounts = '', expect: wanted }: HostCase): HostCase['expect'] {
  const neighbours = ecrNeighbours(host, accounts.split(',').filter(Boolean))
  const known = isPublicEcr(host) ? [] : [host, ...neighbours]
  return {
    ...('isEcr' in wanted && { isEcr: isEcr(host) }),
    ...('isPublic' in wanted && { isPublic: isPublicEcr(host) }),
    ...('region' in wanted && { region: ecrPlace(host).region }),
    ...('accounts' in wanted && { accounts: known.map((one) => one.slice(0, 12)) }),
  }
}

/** Who is signed in where, as Docker reads it. The other name of ECR Public is told by its own test. */
async function authsOf({ inputs, env = {} }: LoginCase, aws: string) {
  const run = contextOf()
  const given: Record<string, string> = { 'github-token': 'ghs_workflow', ...inputs }
  const environment = {
    HOME: dir,
    DOCKER_CONFIG: join(dir, 'docker'),
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL: aws,
    ...env,
  }
  const signal = new AbortController().signal
  const login = await chooseLogin(
    readInputs(run, (name) => given[name] ?? ''),
    run,
    environment,
    signal,
  )
  const { directory } = prepareDocker(login, environment, dir)
  const { auths = {} } = JSON.parse(
    readFileSync(join(directory, 'config.json'), 'utf8'),
  ) as DockerConfig
  return Object.fromEntries(
    Object.entries(auths)
      .filter(([key]) => key !== 'ecr-public.aws.com')
      .map(([key, value]) => [
        key,
        Buffer.from((value as { auth: string }).auth, 'base64').toString('utf8'),
      ]),
  )
}
