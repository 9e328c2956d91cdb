import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { attestArguments } from '../../action/attest-arguments.ts'
import { buildxArguments } from '../../action/build-arguments.ts'
import { prepareSecrets } from '../../action/build-secrets.ts'
import { readContext } from '../../action/context.ts'
import { ActionError } from '../../action/error.ts'
import { asksForQuery, defaultContext, fillContexts, readsQuery } from '../../action/git-context.ts'
import { gitToken } from '../../action/git-token.ts'
import { planPush } from '../../action/image.ts'
import { createReader } from '../../action/input-reader.ts'
import { readInputs } from '../../action/inputs.ts'
import { githubOf } from './context-of.ts'

const VECTORS = join(import.meta.dirname, '../vectors/build-push-action')

/** One case of docker/build-push-action's or its toolkit's suite, and what we make of it. */
export interface Compared {
  name: string
  ours: unknown
  theirs: unknown
}

export const readPeerCases = (): Compared[] => {
  const directory = mkdtempSync(join(tmpdir(), 'build-push-cases-'))
  try {
    return [...argumentCases(directory), ...gitCases(), ...readingCases(directory)]
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(join(VECTORS, `${name}.json`), 'utf8'))

interface ArgumentCase {
  case: string
  buildx: string
  inputs: Record<string, string>
  env?: Record<string, string>
  expect: { context: string; flags: string[][] }
}

const argumentCases = (directory: string): Compared[] =>
  (read('arguments') as ArgumentCase[]).map((peer, number) => {
    const { flags, context } = peer.expect
    return {
      name: peer.case,
      ours: orRefusal(() => argumentsOf(peer, directory, number)),
      theirs: { context, flags: inOrder(flags) },
    }
  })

const orRefusal = (work: () => unknown): unknown => {
  try {
    return work()
  } catch (error) {
    if (error instanceof ActionError) return error.message
    throw error
  }
}

function argumentsOf(peer: ArgumentCase, directory: string, number: number): unknown {
  const file = join(directory, 'file')
  writeFileSync(file, 'secret')
  const env = { ...peer.env, MY_SECRET_ENV: 'a', ANOTHER_SECRET_ENV: 'b' }
  const { GITHUB_SERVER_URL: serverUrl = 'https://github.com' } = peer.env ?? {}
  const run = readContext(
    githubOf({
      serverUrl,
      repo: { owner: 'docker', repo: 'build-push-action' },
      ref: 'refs/heads/master',
      sha: '',
      runId: 123456789,
      runAttempt: 1,
    }),
    env,
  )
  const given: Record<string, string> = { ...itsDefaults(peer.expect.flags), ...peer.inputs }
  const inputs = readInputs(run, (name) => (given[name] ?? '').replace(/=FILE$/, `=${file}`))
  const own = () => defaultContext(run, env, asksForQuery(env) && readsQuery(peer.buildx))
  const filled = fillContexts(inputs, own)
  const secrets = prepareSecrets(filled, join(directory, String(number)), env)
  const token = gitToken(filled, run)
  if (token !== undefined) secrets.push(`id=GIT_AUTH_TOKEN.${token.host},src=token`)
  const references = inputs.tags.length === 0 ? [] : planPush(inputs, []).references
  const args = buildxArguments({ ...filled, secrets, references, runUrl: run.runUrl }, 'META')
  return { context: args.at(-1), flags: inOrder(inPairs(args.slice(2, -2))) }
}

/** What it does where nothing is said, written out for us. */
const itsDefaults = (flags: readonly string[][]): Record<string, string> => ({
  context: '{{defaultContext}}',
  push: 'false',
  ...(flags.some(([, value]) => value?.includes('mode=min,inline-only=true')) && {
    provenance: 'mode=min,inline-only=true',
  }),
})

const ALONE = new Set(['--push', '--load', '--pull', '--no-cache'])

function inPairs(args: readonly string[]): string[][] {
  const [flag, value, ...rest] = args
  if (flag === undefined) return []
  if (ALONE.has(flag) || value === undefined) return [[flag], ...inPairs(args.slice(1))]
  return [[flag, value], ...inPairs(rest)]
}

/** Without what only says where a result goes, or that there is no provenance, which is what it is then anyway. */
const inOrder = (flags: readonly string[][]): string[] =>
  flags
    .filter(
      ([flag, value]) => flag !== '--metadata-file' && value !== 'type=provenance,disabled=true',
    )
    .map((pair) => pair.join(' ').replace(/,src=.*/, ',src=FILE'))
    .toSorted()

interface GitCase {
  ref: string
  format?: 'query' | 'fragment'
  prHeadRef?: boolean
  sendGitQueryAsInput?: boolean
  buildx: string
  expect: string
}

const gitCases = (): Compared[] =>
  (read('git-context') as GitCase[]).map((peer) => {
    const env = {
      ...(peer.prHeadRef && { DOCKER_DEFAULT_GIT_CONTEXT_PR_HEAD_REF: 'true' }),
      ...(peer.sendGitQueryAsInput && { BUILDX_SEND_GIT_QUERY_AS_INPUT: 'true' }),
    }
    const run = readContext(
      githubOf({
        repo: { owner: 'docker', repo: 'actions-toolkit' },
        ref: peer.ref,
        sha: '860c1904a1ce19322e91ac35af1ab07466440c37',
        payload: {
          pull_request: {
            number: 15,
            head: { sha: 'f11797113e5a9b86bd976329c5dbb8a8bfdfadfa' },
          },
        },
      }),
      env,
    )
    const isQuery =
      peer.format === undefined
        ? asksForQuery(env) && readsQuery(peer.buildx)
        : peer.format === 'query'
    return {
      name: `Git context ${JSON.stringify(peer)}`,
      ours: defaultContext(run, env, isQuery),
      theirs: peer.expect,
    }
  })

interface Readings {
  lists: { form: 'items' | 'lines' | 'quoted' | 'secrets'; text: string; items: string[] }[]
  provenance: { given: string; expect: string }[]
  attests: { given: string; expect: string }[]
  secrets: {
    input: 'secrets' | 'secretFiles' | 'secretEnvs'
    entry: string
    expect?: string
    value?: string
  }[]
}

function readingCases(directory: string): Compared[] {
  const { lists, provenance, attests, secrets } = read('reading') as Readings
  const none = { provenance: '', sbom: '', attests: [] }
  const runUrl = 'https://github.com/docker/actions-toolkit/actions/runs/2188748038/attempts/2'
  const file = join(directory, 'file')
  return [
    ...lists.map(({ form, text, items }) => ({
      name: `list ${form} ${text}`,
      ours: listIn(form, text),
      theirs: items,
    })),
    ...provenance.map(({ given, expect }) => ({
      name: `provenance ${given}`,
      ours: attestArguments({ ...none, provenance: given }, runUrl).at(-1),
      theirs: `type=provenance,${expect}`,
    })),
    ...attests.map(({ given, expect }) => ({
      name: `attests ${given}`,
      ours: attestArguments({ ...none, attests: [given] }, runUrl).at(-1),
      theirs: expect,
    })),
    ...secrets.map(({ input, entry, expect, value }, number) => {
      const given = { secrets: [], secretFiles: [], secretEnvs: [] }
      const [prepared] = prepareSecrets(
        { ...given, [input]: [entry.replace(/=FILE$/, `=${file}`)] },
        join(directory, `reading-${number}`),
        { bar: 'b', 'bar=baz': 'c' },
      )
      const path = prepared?.split(',src=')[1]
      return {
        name: `secret ${entry}`,
        ours: {
          expect: prepared?.replace(/,src=.*/, ',src=FILE'),
          ...(value !== undefined && path && { value: readFileSync(path, 'utf8') }),
        },
        theirs: { expect, ...(value !== undefined && { value }) },
      }
    }),
  ]
}

function listIn(form: Readings['lists'][number]['form'], text: string): string[] {
  const { items, lines } = createReader((_, { trimWhitespace = true } = {}) =>
    trimWhitespace ? text.trim() : text,
  )
  if (form === 'items') return items('foo')
  if (form === 'lines') return lines('foo')
  return lines(form, form === 'quoted' ? { keepQuotes: true } : { keepSpace: true })
}
