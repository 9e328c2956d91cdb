import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { stringify } from 'yaml'
import { connect } from '../../../../receiver/edges/kubernetes/connection.ts'
import { makeCertificates } from '../../../support/certificates.ts'
import { waitFor } from '../../../support/processes.ts'
import { openWorkspace, type Workspace } from '../../../support/workspace.ts'

let workspace: Workspace
beforeAll(() => void (workspace = openWorkspace()))
afterAll(() => workspace.close())

let count = 0
const fileFor = (name: string) => join(workspace.dir, `${name}-${++count}`)

/** A kubeconfig whose credentials come from a few lines of sh. */
function kubeconfigOf(
  lines: readonly string[],
  { server = 'https://127.0.0.1:1', exec = {} }: { server?: string; exec?: object } = {},
): string {
  const command = fileFor('plugin')
  writeFileSync(command, ['#!/bin/sh', ...lines, ''].join('\n'))
  chmodSync(command, 0o755)
  const file = fileFor('kubeconfig')
  const config = {
    clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: { exec: { command, ...exec } } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'shop' } }],
    'current-context': 'x',
  }
  writeFileSync(file, stringify(config))
  return file
}

const connectBy = (
  kubeconfig: string,
  { signal = new AbortController().signal, ...limits }: { signal?: AbortSignal; signInMs?: number },
) =>
  connect(undefined, {
    environment: { PATH: process.env['PATH'], KUBECONFIG: kubeconfig },
    signal,
    ...limits,
  })

/** An API server that answers with what it was asked as. */
async function startApi() {
  const server = createServer((request, response) => response.end(request.headers.authorization))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  server.unref()
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const isAlive = (pid: string) =>
  existsSync(`/proc/${pid}`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z')

/** One that hangs, and writes its own pid and that of what it began. */
function hanging() {
  const pids = fileFor('pids')
  const begin = `sleep 1000 & echo "$! $$" > ${pids}.new; mv ${pids}.new ${pids}; wait`
  const all = () => (existsSync(pids) ? readFileSync(pids, 'utf8').trim().split(' ') : [])
  return { kubeconfig: kubeconfigOf([begin]), all }
}

test('a command of a kubeconfig that hangs is ended, with what it began, and said to be late', async () => {
  const { kubeconfig, all } = hanging()
  const connection = await connectBy(kubeconfig, { signInMs: 300 })
  await expect(connection.fetch('/version', {})).rejects.toMatchObject({
    code: 'engine_unreachable',
    message: expect.stringMatching(/gives no credentials: .*plugin-\d+: nothing within 0.3 s/),
  })
  await waitFor(() => !all().some(isAlive), { what: 'something of it runs on' })
})

test('a command that runs when the receiver stops is ended, with what it began', async () => {
  const { kubeconfig, all } = hanging()
  const stop = new AbortController()
  const connection = await connectBy(kubeconfig, { signal: stop.signal })
  const asked = connection.fetch('/version', {}).catch((error: unknown) => error)
  await waitFor(() => all().length > 0, { what: 'it did not start' })
  stop.abort(new Error('the receiver stops'))
  expect(String(await asked)).toContain('the receiver stops')
  await waitFor(() => !all().some(isAlive), { what: 'something of it runs on' })
})

test('a command runs once for all who ask at a time, and again when what it gave has ended', async () => {
  const runs = fileFor('runs')
  const ended = '"expirationTimestamp": "2001-01-01T00:00:00Z"'
  const server = await startApi()
  const kubeconfig = kubeconfigOf(
    [`echo run >> ${runs}`, `echo '{"status": {"token": "'"$(wc -l < ${runs})"'", ${ended}}}'`],
    { server },
  )
  const connection = await connectBy(kubeconfig, {})
  const asWhom = async () => (await connection.fetch('/version', {})).text()
  expect(await Promise.all([asWhom(), asWhom(), asWhom()])).toEqual(Array(3).fill('Bearer 1'))
  expect(await asWhom()).toBe('Bearer 2')
})

test('a command may give a certificate', async () => {
  const { certificate, key } = makeCertificates(workspace.folder('tls'), '127.0.0.1')
  const [cert, own] = [readFileSync(certificate, 'utf8'), readFileSync(key, 'utf8')]
  const server = createTlsServer(
    { cert, key: own, requestCert: true, rejectUnauthorized: false },
    (request, response) =>
      response.end((request.socket as TLSSocket).getPeerX509Certificate()?.toString()),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  server.unref()
  const given = { status: { clientCertificateData: cert, clientKeyData: own } }
  const answer = fileFor('answer')
  writeFileSync(answer, JSON.stringify(given))
  const { port } = server.address() as AddressInfo
  const kubeconfig = kubeconfigOf([`cat ${answer}`], { server: `https://127.0.0.1:${port}` })
  const connection = await connectBy(kubeconfig, {})
  expect((await (await connection.fetch('/version', {})).text()).trim()).toBe(cert.trim())
})

test('what a command gave without an end is kept', async () => {
  const server = await startApi()
  const token = `echo '{"status": {"token": "'$$'"}}'`
  const connection = await connectBy(kubeconfigOf([token], { server }), {})
  const asWhom = async () => (await connection.fetch('/version', {})).text()
  expect(await asWhom()).toBe(await asWhom())
})

test('a command is told of itself, and of the cluster where the kubeconfig says so', async () => {
  const server = await startApi()
  const told = fileFor('told')
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1beta1',
    provideClusterInfo: true,
    args: ['a b'],
    env: [{ name: 'REGION', value: 'eu' }],
  }
  const lines = [
    `printf %s "$KUBERNETES_EXEC_INFO" > ${told}`,
    `echo '{"status": {"token": "'"$REGION $1"'"}}'`,
  ]
  const connection = await connectBy(kubeconfigOf(lines, { server, exec }), {})
  expect(await (await connection.fetch('/version', {})).text()).toBe('Bearer eu a b')
  expect(JSON.parse(readFileSync(told, 'utf8'))).toMatchObject({
    apiVersion: exec.apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: false, cluster: { server } },
  })
})

test.for<[string, string, RegExp]>([
  ['fails', 'echo no session >&2; exit 3', /ended with 3: no session/],
  ['prints something else', 'echo a-secret-token', /is no ExecCredential$/],
])('a command that %s is told of, without what it printed', async ([, line, words]) => {
  const connection = await connectBy(kubeconfigOf([line]), {})
  const error = await connection.fetch('/version', {}).catch((cause: unknown) => cause as Error)
  expect((error as Error).message).toMatch(words)
  expect((error as Error).message).not.toContain('a-secret-token')
})
