import { readFileSync } from 'node:fs'
import type { Cluster } from '@kubernetes/client-node'
import * as v from 'valibot'
import { readJson } from '../json.ts'
import { runInGroup } from '../run-in-group.ts'

const LONGEST_CHARACTERS = 256 * 1024
const KEPT_ERROR_CHARACTERS = 4000

/** What a user of a kubeconfig has under `exec`. */
const Exec = v.object({
  apiVersion: v.optional(v.string(), 'client.authentication.k8s.io/v1'),
  command: v.string(),
  args: v.nullish(v.array(v.string()), []),
  env: v.nullish(v.array(v.object({ name: v.string(), value: v.string() })), []),
  provideClusterInfo: v.optional(v.boolean(), false),
})

const ExecCredential = v.object({
  status: v.object({
    token: v.optional(v.string()),
    /** PEM. */
    clientCertificateData: v.optional(v.string()),
    clientKeyData: v.optional(v.string()),
    /** RFC 3339; absent: they hold until they are refused. */
    expirationTimestamp: v.optional(v.string()),
  }),
})

export type Given = v.InferOutput<typeof ExecCredential>['status']

interface Options {
  /** A command that is named without a folder is looked for by its PATH. */
  environment: NodeJS.ProcessEnv
  cluster: Cluster
  limitMs: number
  /** Ends a command that runs. */
  signal: AbortSignal
  /** Milliseconds since the epoch. */
  now?: () => number
}

/**
 * A command that gives credentials (client-go credential plugins, `ExecCredential`). It runs once for all who ask at a time, and again when
 * what it gave has ended; what it began ends with it, and all of it after `limitMs`. Who asks is rejected with its own words.
 */
export function execPlugin(exec: unknown, options: Options): () => Promise<Given> {
  const { now = Date.now } = options
  let given: Given | undefined
  let running: Promise<Given> | undefined
  const isOver = ({ expirationTimestamp }: Given) =>
    expirationTimestamp !== undefined && Date.parse(expirationTimestamp) <= now()
  return async () => {
    if (given !== undefined && !isOver(given)) return given
    running ??= ask(exec, options).finally(() => (running = undefined))
    return (given = await running)
  }
}

async function ask(
  exec: unknown,
  { environment, cluster, limitMs, signal }: Options,
): Promise<Given> {
  const { command, args, env, ...told } = v.parse(Exec, exec)
  let [output, errors] = ['', '']
  const status = await runInGroup(command, args, {
    env: {
      ...environment,
      KUBERNETES_EXEC_INFO: JSON.stringify(infoFor(told, cluster)),
      ...Object.fromEntries(env.map(({ name, value }) => [name, value])),
    },
    limitMs,
    signal,
    output: (text) => (output += text).length <= LONGEST_CHARACTERS,
    errors: (text) => (errors = `${errors}${text}`.slice(-KEPT_ERROR_CHARACTERS)),
  })
  const said = errors.trim() === '' ? '' : `: ${errors.trim()}`
  if (status === undefined) throw new Error(`${command}: nothing within ${limitMs / 1000} s${said}`)
  if (status !== 0) throw new Error(`${command} ended with ${status ?? 'a signal'}${said}`)
  // what it printed may be a token, and is cited nowhere
  const answer = readJson(ExecCredential, output)
  if (answer === undefined) throw new Error(`what ${command} printed is no ExecCredential`)
  return answer.status
}

/** What a command is told of who asks, and of the cluster if the kubeconfig says so. */
function infoFor(
  {
    apiVersion,
    provideClusterInfo,
  }: Pick<v.InferOutput<typeof Exec>, 'apiVersion' | 'provideClusterInfo'>,
  { server, tlsServerName, skipTLSVerify, caData, caFile, proxyUrl }: Cluster,
): object {
  const authority = caData ?? (caFile && readFileSync(caFile).toString('base64'))
  const cluster = {
    server,
    'tls-server-name': tlsServerName,
    'insecure-skip-tls-verify': skipTLSVerify,
    'certificate-authority-data': authority,
    'proxy-url': proxyUrl,
  }
  return {
    apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: false, ...(provideClusterInfo ? { cluster } : {}) },
  }
}
