import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Programs } from '../../script/kubernetes/programs.ts'
import { kubectlWith, writeKubeconfig } from './kubectl.ts'
import { SERVICES } from './kubernetes-node.ts'
import { freePort } from './ports.ts'
import { type Running, startProcess, waitFor } from './processes.ts'

/** Starts etcd, an API server at an address, controllers and a scheduler. Resolves to how it is reached, by one who may do everything. */
export async function startControlPlane(
  dir: string,
  address: string,
  programs: Programs,
): Promise<{ url: string; authority: string; kubeconfig: string }> {
  const file = (name: string) => join(dir, name)
  const start = (name: keyof Programs, args: readonly string[]): Promise<Running> =>
    startProcess({ dir, name, command: programs[name], args })
  const port = await freePort()
  const url = `https://${address}:${port}`
  const etcd = `http://127.0.0.1:${await freePort()}`
  const peer = `http://127.0.0.1:${await freePort()}`
  await start('etcd', [
    `--data-dir=${file('etcd')}`,
    `--listen-client-urls=${etcd}`,
    `--advertise-client-urls=${etcd}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
  ])
  const accountKey = file('service-account.key')
  execFileSync('openssl', ['genrsa', '-out', accountKey, '2048'], { stdio: 'pipe' })
  const token = randomBytes(16).toString('hex')
  const tokens = file('tokens.csv')
  writeFileSync(tokens, `${token},admin,admin,system:masters\n`, { mode: 0o600 })
  mkdirSync(file('pki'))
  const apiserver = await start('kube-apiserver', [
    `--etcd-servers=${etcd}`,
    `--bind-address=${address}`,
    `--advertise-address=${address}`,
    `--secure-port=${port}`,
    `--cert-dir=${file('pki')}`,
    `--token-auth-file=${tokens}`,
    '--authorization-mode=RBAC',
    '--allow-privileged',
    '--kubelet-preferred-address-types=InternalIP',
    `--service-account-key-file=${accountKey}`,
    `--service-account-signing-key-file=${accountKey}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-cluster-ip-range=${SERVICES}`,
  ])
  const kubeconfig = file('kubeconfig')
  const authority = file('pki/apiserver.crt')
  writeKubeconfig(kubeconfig, { url, authority, token })
  const kubectl = kubectlWith(programs.kubectl, kubeconfig)
  await waitFor(async () => (await kubectl(['get', '--raw', '/readyz'])) === 'ok', {
    what: 'the API server is not ready',
    running: apiserver,
    deadlineMs: 300_000,
  })
  const common = [`--kubeconfig=${kubeconfig}`, '--leader-elect=false', '--bind-address=127.0.0.1']
  await start('kube-controller-manager', [
    ...common,
    `--secure-port=${await freePort()}`,
    '--port=0',
    `--cert-dir=${file('controllers')}`,
    `--service-account-private-key-file=${accountKey}`,
    `--root-ca-file=${authority}`,
    // a node that is lost is missed within seconds
    '--node-monitor-grace-period=16s',
  ])
  await start('kube-scheduler', [
    ...common,
    `--secure-port=${await freePort()}`,
    '--port=0',
    `--cert-dir=${file('scheduler')}`,
  ])
  return { url, authority, kubeconfig }
}
