import type { KubernetesApp } from '../../receiver/core/app.ts'
import { systemClock } from '../../receiver/edges/clock.ts'
import { createKubernetes } from '../../receiver/edges/kubernetes/kubernetes.ts'
import { orchestratorContract } from '../contracts/orchestrator.ts'
import { INSTALLATION } from '../support/home.ts'
import { giveRights, makeNamespace } from '../support/kubernetes-access.ts'
import { KUBERNETES_APP, manifestOf } from '../support/kubernetes-app.ts'
import { startKubernetes } from '../support/kubernetes.ts'
import { type ImageConfig, pushTiny } from '../support/tiny-image.ts'
import { openWorkspace } from '../support/workspace.ts'
import { jobRights, leastRights } from './kubernetes-vm.ts'

const NAMESPACE = 'contract'
const SH = ['/bin/busybox', 'sh', '-c']
const MANY = 100

orchestratorContract<KubernetesApp>('Kubernetes', async () => {
  const workspace = openWorkspace()
  const cluster = await startKubernetes(workspace)
  await makeNamespace(cluster, NAMESPACE)
  const kubectl = (...words: string[]) => cluster.kubectl('--namespace', NAMESPACE, ...words)
  const names = Array.from({ length: MANY }, (_, index) => `api-${index + 1}`)
  const kubeconfig = await giveRights(cluster, {
    dir: workspace.dir,
    namespace: NAMESPACE,
    name: 'receiver',
    rules: [...leastRights(...names), ...jobRights()],
  })
  const repository = `${cluster.registry.host}/acme/contract`
  const push = (version: string, options: { config?: ImageConfig; broken?: boolean } = {}) =>
    pushTiny({
      image: `${repository}:${version}`,
      version,
      login: cluster.registry,
      ...options,
    })
  const digests = {
    one: await push('one'),
    two: await push('two'),
    missing: `sha256:${'0'.repeat(64)}`,
    crashes: await push('crashes', { config: { Cmd: [...SH, 'echo no database; exit 7'] } }),
    'crashes later': await push('later', {
      config: { Cmd: [...SH, 'echo no database; busybox sleep 1; exit 7'] },
    }),
    'never ready': await push('sick', { broken: true }),
    'no room': await push('big'),
  }
  const orchestrator = createKubernetes({
    installation: INSTALLATION.id,
    isOurs: () => true,
    environment: { KUBECONFIG: kubeconfig },
    clock: systemClock,
  })
  const askFor = async ({ name }: KubernetesApp, memory: string) =>
    void (await kubectl('set', 'resources', `deployment/${name}`, `--requests=memory=${memory}`))
  let apps = 0
  return {
    orchestrator,
    clock: systemClock,
    repository,
    digests,
    app(changes = {}) {
      const name = `api-${++apps}`
      const workload = { kind: 'deployment', name } as const
      const kubernetes = { namespace: NAMESPACE, workload }
      const image = { repository, tag: 'one' }
      return { ...KUBERNETES_APP, name, image, watchMs: 4000, kubernetes, ...changes }
    },
    async prepare({ name }) {
      const image = `${repository}:one`
      await cluster.apply(manifestOf({ namespace: NAMESPACE, name, image }))
      await kubectl('rollout', 'status', `deployment/${name}`)
      return async () => void (await kubectl('delete', 'deployment', name, '--ignore-not-found'))
    },
    async change({ name }, image) {
      if (image === undefined) await kubectl('delete', 'deployment', name)
      else await kubectl('set', 'image', `deployment/${name}`, `web=${image}`)
    },
    async tooBig(app) {
      await askFor(app, '1Pi')
      return app
    },
    smallAgain: (app) => askFor(app, '1Mi'),
    noRoom: 'Insufficient memory',
    goesBack: false,
    async close() {
      orchestrator.close()
      await workspace.close()
      await cluster.release()
    },
  }
})
