import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { type PrivateEngine, startDockerd } from './dockerd.ts'
import { type Bridge, makeMachine, run } from './namespaces.ts'
import { freePort } from './ports.ts'
import { type Running, startProcess } from './processes.ts'
import type { PrivateRegistry } from './registry.ts'
import { pushTiny } from './tiny-image.ts'
import type { Programs } from '../../script/kubernetes/programs.ts'

/** One machine of a cluster: an engine, a kubelet that runs pods on it, and a kube-proxy. */
export interface KubernetesNode {
  /** `node-1`. */
  name: string
  /** Where node ports are. */
  address: string
  engine: PrivateEngine
  kubelet: Running
}

export interface NodePlace {
  dir: string
  name: string
  address: string
  /** Of its end on the bridge. */
  link: string
  /** `10.214.7`: its pods'. */
  pods: string
}

/** Addresses of services, as the API server gives them. */
export const SERVICES = '10.96.0.0/24'

/** A sandbox's own process: it waits, and ends when told. */
const PAUSE = 'trap "exit 0" TERM; while :; do busybox sleep 100000 & wait $!; done'

/** Starts a machine in namespaces of its own; it joins the cluster by itself. */
export async function startNode(
  place: NodePlace,
  {
    bridge,
    programs,
    kubeconfig,
    registry,
  }: { bridge: Bridge; programs: Programs; kubeconfig: string; registry: PrivateRegistry },
): Promise<KubernetesNode> {
  const { dir, name, address, pods } = place
  const machine = makeMachine(bridge, place)
  run('ip', 'route', 'replace', `${pods}.0/24`, 'via', address)
  // what a node asks of a service goes somewhere before it is led to its pods
  machine.run('ip', 'route', 'add', SERVICES, 'via', bridge.address)
  const path = `${process.env['PATH']}:/usr/local/sbin:/usr/sbin:/sbin`
  const env = { ...process.env, PATH: path }
  const start = (program: string, within: readonly string[], words: readonly string[]) => {
    const [command = '', ...args] = [...within, ...words]
    return startProcess({ dir, name: program, command, args, env })
  }
  const forward = join(import.meta.dirname, 'forward.ts')
  const port = registry.host.split(':')[1] ?? ''
  await start('forward', machine.enter, [process.execPath, forward, port, bridge.address])
  const engine = await startDockerd({
    dir,
    within: [...machine.enter, ...ownFiles(dir)],
    args: [
      '--bridge=',
      `--bip=${pods}.1/24`,
      '--ip-forward=true',
      '--exec-opt=native.cgroupdriver=cgroupfs',
      `--add-runtime=plain=${plainRuntime(dir)}`,
      '--default-runtime=plain',
    ],
  })
  const sandbox = `${registry.host}/pause:1`
  await pushTiny({
    image: sandbox,
    version: 'pause',
    config: { Cmd: ['/bin/busybox', 'sh', '-c', PAUSE] },
    login: registry,
    host: engine.host,
  })
  // as it sees files: what it mounts for a pod has to be there for the engine
  const inside = ['nsenter', `--target=${engine.pid}`, '--mount', '--net', '--uts']
  const kubelet = await start('kubelet', inside, [
    programs.kubelet,
    `--config=${await kubeletConfig(place)}`,
    `--kubeconfig=${kubeconfig}`,
    `--root-dir=${join(dir, 'kubelet')}`,
    `--cert-dir=${join(dir, 'kubelet-pki')}`,
    `--hostname-override=${name}`,
    `--node-ip=${address}`,
    '--container-runtime=docker',
    `--docker-endpoint=${engine.host}`,
    `--container-runtime-endpoint=unix://${join(dir, 'dockershim.sock')}`,
    `--experimental-dockershim-root-directory=${join(dir, 'dockershim')}`,
    `--pod-infra-container-image=${sandbox}`,
    '--network-plugin=',
    '--resolv-conf=',
  ])
  await start('kube-proxy', inside, [
    programs['kube-proxy'],
    `--kubeconfig=${kubeconfig}`,
    `--hostname-override=${name}`,
    `--bind-address=${address}`,
    '--proxy-mode=iptables',
    '--iptables-min-sync-period=0s',
    '--conntrack-max-per-core=0',
    '--conntrack-tcp-timeout-established=0',
    '--conntrack-tcp-timeout-close-wait=0',
    '--oom-score-adj=0',
    `--healthz-bind-address=${address}:${await freePort()}`,
    `--metrics-bind-address=${address}:${await freePort()}`,
  ])
  return { name, address, engine, kubelet }
}

async function kubeletConfig({ dir, address }: NodePlace): Promise<string> {
  const file = join(dir, 'kubelet.yaml')
  const config = {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address,
    port: await freePort(),
    readOnlyPort: 0,
    healthzPort: 0,
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    volumePluginDir: join(dir, 'volume-plugins'),
    cgroupDriver: 'cgroupfs',
    // what it has there it has for itself: another cluster's pods would be nobody's to it
    cgroupsPerQOS: false,
    enforceNodeAllocatable: [],
    // a pod that ended is let go of at the next look at it
    syncFrequency: '5s',
    failSwapOn: false,
    imageGCHighThresholdPercent: 100,
    evictionHard: { 'memory.available': '50Mi' },
  }
  writeFileSync(file, stringify(config))
  return file
}

/** Where a kubelet writes beside its own folder, and what it would set for the whole machine: here it has files of its own. */
const SETTINGS = [
  'vm/overcommit_memory',
  'vm/panic_on_oom',
  'kernel/panic',
  'kernel/panic_on_oops',
  'kernel/keys/root_maxkeys',
  'kernel/keys/root_maxbytes',
]
const OWN_FILES = `
  set -e
  dir=$1
  shift
  mkdir -p "$dir/var-log" "$dir/settings"
  mount --bind "$dir/var-log" /var/log
  for each in ${SETTINGS.join(' ')}; do
    mkdir -p "$dir/settings/\${each%/*}"
    cat "/proc/sys/$each" >"$dir/settings/$each"
    mount --bind "$dir/settings/$each" "/proc/sys/$each"
  done
  exec "$@"`

const ownFiles = (dir: string) => [
  'unshare',
  '--mount',
  '--propagation=slave',
  '/bin/sh',
  '-c',
  OWN_FILES,
  'own-files',
  dir,
]

/** On some machines nobody may lower an OOM score, which a pod's sandbox asks for: then it gets 0. */
const PLAIN_RUNTIME = `#!/bin/sh
bundle=. previous=
for each; do
  [ "$previous" = --bundle ] && bundle=$each
  previous=$each
done
file=$bundle/config.json
if [ -f "$file" ] && [ "$(jq '(.process.oomScoreAdj // 0) < 0' "$file")" = true ]; then
  jq '.process.oomScoreAdj = 0' "$file" >"$file.new" && mv "$file.new" "$file"
fi
exec runc "$@"
`

function plainRuntime(dir: string): string {
  mkdirSync(dir, { recursive: true })
  const file = join(dir, 'runc-plain')
  writeFileSync(file, PLAIN_RUNTIME)
  chmodSync(file, 0o755)
  return file
}
