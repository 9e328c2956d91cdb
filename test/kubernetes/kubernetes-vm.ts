import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { giveRights, type Rule } from '../support/kubernetes-access.ts'
import type { PrivateKubernetes } from '../support/kubernetes.ts'
import { PROGRAM } from '../support/program.ts'
import { startVm, type Vm } from '../support/vm.ts'

export interface KubernetesVm extends Vm {
  namespace: string
  /** The app's settings, to change before it starts. */
  app: Record<string, unknown>
  /** Runs a command of the receiver as its operator does. */
  cli(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }>
  /** Runs kubectl in the namespace, as one who may do everything there. */
  kubectl(...words: string[]): Promise<string>
  /** From now on the receiver may do this alone. */
  may(rules: readonly Rule[]): Promise<void>
}

/** A receiver with the least rights in a namespace, and Nginx that leads to a node port. The app `api` is a workload that is called so. */
export async function startKubernetesVm(
  cluster: PrivateKubernetes,
  namespace: string,
  { publish }: { publish?: number } = {},
): Promise<KubernetesVm> {
  const [node] = cluster.nodes
  if (node === undefined) throw new Error('a cluster has one node at least')
  const dockerHost =
    node.engine?.host ?? process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock'
  const stack = { dir: '', dockerHost, registry: cluster.registry }
  const vm = await startVm(stack, namespace)
  const { api: { image, domains, health } = {} } = vm.config.apps
  const app: Record<string, unknown> = {
    engine: 'kubernetes',
    image,
    watch: '1s',
    kubernetes: {
      namespace,
      deployment: 'api',
      ...(publish === undefined ? {} : { publish: { port: publish, nodes: [node.address] } }),
    },
    health:
      publish === undefined ? { deadline: '120s' } : { ...(health as object), deadline: '120s' },
    ...(publish === undefined ? {} : { domains }),
  }
  vm.config.apps = { api: app }
  const { push } = vm
  const may = (rules: readonly Rule[]) =>
    giveRights(cluster, { dir: vm.dir, namespace, name: 'deploy-receiver', rules })
  vm.env['KUBECONFIG'] = await may(leastRights('api'))
  return Object.assign(vm, {
    namespace,
    app,
    may: async (rules: readonly Rule[]) => void (await may(rules)),
    kubectl: (...words: string[]) => cluster.kubectl('--namespace', namespace, ...words),
    cli: (...words: string[]) => run(['--config', join(vm.dir, 'config.yaml'), ...words], vm.env),
    push: (version: string, options: Parameters<Vm['push']>[1] = {}) =>
      push(version, { held: false, ...options }),
  })
}

/** What the example gives a receiver, for workloads of these names. */
export function leastRights(...names: readonly string[]): Rule[] {
  return rulesIn('role.yaml').map((rule) =>
    rule.resourceNames === undefined
      ? rule
      : {
          ...rule,
          resources: ['deployments', 'statefulsets', 'daemonsets'],
          resourceNames: names,
        },
  )
}

export const jobRights = (): Rule[] => rulesIn('role-jobs.yaml')

function rulesIn(name: string): Rule[] {
  const file = join(import.meta.dirname, '../../examples/kubernetes', name)
  const [role] = parseAllDocuments(readFileSync(file, 'utf8')).map(
    (each) => each.toJS() as { rules: Rule[] },
  )
  return role?.rules ?? []
}

const run = (words: readonly string[], env: Readonly<Record<string, string>>) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(PROGRAM, words, { env: { ...process.env, ...env } }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    )
  })
