import { execFileSync } from 'node:child_process'
import { accessSync, constants, existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createPackages, type Packages } from '../versions/packages.ts'

/** What a cluster is made of. */
export const PARTS = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
  'kubectl',
] as const
export type Part = (typeof PARTS)[number]

/** Each program by its path. */
export type Programs = Readonly<Record<Part | 'etcd', string>>

/** Debian's last suite whose source package has all of Kubernetes, and whose kubelet runs pods on a Docker engine. */
const SUITE = 'bookworm'
const VERSION = '1.20.2'
const GO = 'go-1.19'

/** Where they are kept; can be removed at any time. */
export const cacheDirectory = (): string =>
  process.env['DEPLOY_ACTION_KUBERNETES'] ?? join(tmpdir(), 'deploy-action-kubernetes')

/** Those that were built before. Throws when one is missing. */
export function programs(dir = cacheDirectory()): Programs {
  const missing = PARTS.filter((part) => !existsSync(join(dir, 'bin', part)))
  const etcd = installed('etcd') ?? unpackedEtcd(dir)
  if (missing.length > 0 || !existsSync(etcd)) {
    throw new Error(
      `${dir} lacks ${[...missing, ...(existsSync(etcd) ? [] : ['etcd'])].join(', ')}: script/test-kubernetes builds what is missing`,
    )
  }
  const built = PARTS.map((part) => [part, join(dir, 'bin', part)] as const)
  return { ...(Object.fromEntries(built) as Record<Part, string>), etcd }
}

/** Builds what is missing, of Debian's sources with Debian's Go: ten minutes of two cores, 3 GiB. Nothing is installed. */
export function buildPrograms(dir = cacheDirectory()): Programs {
  mkdirSync(join(dir, 'bin'), { recursive: true })
  const packages = createPackages(join(dir, 'debian'))
  if (installed('etcd') === undefined) packages.unpack(SUITE, ['etcd-server'])
  const missing = PARTS.filter((part) => !existsSync(join(dir, 'bin', part)))
  if (missing.length > 0) {
    const tree = join(dir, 'gopath/src/k8s.io/kubernetes')
    const go = goOf(packages, dir)
    unpackSources(packages, dir, tree)
    generateApiDescription(go, dir, tree)
    const commands = missing.map((part) => `./cmd/${part}`)
    go.run(['build', ...FLAGS, '-o', `${join(dir, 'bin')}/`, ...commands], tree)
  }
  return programs(dir)
}

const PACKAGES = ['k8s.io', 'k8s.io/kubernetes/vendor/k8s.io']
const [MAJOR, MINOR] = VERSION.split('.')
/** It would call itself v0.0.0 otherwise. */
const STAMPS = PACKAGES.flatMap((each) =>
  Object.entries({ gitVersion: `v${VERSION}`, gitMajor: MAJOR, gitMinor: MINOR }).map(
    ([key, value]) => `-X ${each}/component-base/version.${key}=${value}`,
  ),
)
/** What clouds have of their own would be half of the work. */
const FLAGS = ['-p', '2', '-tags', 'providerless', '-ldflags', `-s -w ${STAMPS.join(' ')}`]

/** Debian's Go, in an environment for sources of before modules. */
interface Go {
  env: NodeJS.ProcessEnv
  run(args: readonly string[], cwd: string): void
}

function goOf(packages: Packages, dir: string): Go {
  const own = join('/usr/lib', GO)
  const root = existsSync(join(own, 'bin/go'))
    ? own
    : join(packages.unpack(SUITE, ['golang-1.19-go', 'golang-1.19-src']), own)
  const env = {
    ...process.env,
    GOROOT: root,
    GO111MODULE: 'off',
    GOPATH: join(dir, 'gopath'),
    GOCACHE: join(dir, 'gocache'),
    CGO_ENABLED: '0',
    PATH: `${join(root, 'bin')}:${process.env['PATH']}`,
  }
  const stdio = ['ignore', 2, 2] as const
  return {
    env,
    run: (args, cwd) =>
      void execFileSync(join(root, 'bin/go'), args, { cwd, env, stdio: [...stdio] }),
  }
}

function unpackSources(packages: Packages, dir: string, tree: string): void {
  if (existsSync(tree)) return
  const archive = readdirSync(packages.source(SUITE, 'kubernetes')).find((each) =>
    each.endsWith('.orig.tar.gz'),
  )
  if (archive === undefined) throw new Error(`${SUITE} has no sources of Kubernetes`)
  const making = `${tree}.new`
  mkdirSync(making, { recursive: true })
  const file = join(packages.source(SUITE, 'kubernetes'), archive)
  execFileSync('tar', ['xzf', file, '-C', making, '--strip-components=1'], { cwd: dir })
  renameSync(making, tree)
}

/** The API's own description is generated code, which the source package leaves to the build. */
function generateApiDescription(go: Go, dir: string, tree: string): void {
  const name = 'pkg/generated/openapi/zz_generated.openapi.go'
  if (existsSync(join(tree, name))) return
  const generator = join(dir, 'bin/openapi-gen')
  go.run(['build', '-o', generator, './vendor/k8s.io/kube-openapi/cmd/openapi-gen'], tree)
  const marked = execFileSync(
    'grep',
    [
      '-rlE',
      '^[[:space:]]*// \\+k8s:openapi-gen=',
      '--include=*.go',
      'staging/src',
      'vendor/k8s.io',
      'pkg',
      'cmd',
    ],
    { cwd: tree, encoding: 'utf8', maxBuffer: 2 ** 26 },
  )
  const folders = marked
    .trim()
    .split('\n')
    .filter((file) => !file.startsWith('vendor/k8s.io/kube-openapi'))
    .map((file) => packageOf(file.slice(0, file.lastIndexOf('/'))))
  const inputs = [...new Set(folders)].sort().join(',')
  const output = ['-O', 'zz_generated.openapi', '-p', 'k8s.io/kubernetes/pkg/generated/openapi']
  const header = ['--go-header-file', 'hack/boilerplate/boilerplate.generatego.txt']
  execFileSync(generator, [...output, '-i', inputs, '-r', join(dir, 'violations'), ...header], {
    cwd: tree,
    env: go.env,
    stdio: ['ignore', 2, 2],
  })
}

function packageOf(folder: string): string {
  const own = /^(?:pkg|cmd)\//.test(folder) ? `k8s.io/kubernetes/${folder}` : folder
  return own.replace(/^(?:staging\/src|vendor)\//, '')
}

const unpackedEtcd = (dir: string) =>
  join(dir, 'debian/unpacked', `${SUITE}-etcd-server`, 'usr/bin/etcd')

function installed(program: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}
