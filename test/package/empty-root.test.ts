import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import { startVm, type Vm } from '../support/vm.ts'
import { EXECUTABLE, ROOT } from './out.ts'
import { serving } from './serving.ts'

const stack = inject('stack')
/** All workspaces of this run are below. */
const SHARED = dirname(stack.dir)
let vm: Vm

beforeAll(async () => {
  vm = await startVm(stack, 'empty-root')
})
afterAll(() => vm.close())

test('in a root with nothing but its libraries, a shell and Nginx it goes the whole way of the demo', async () => {
  const { program, libraries } = emptyRoot(join(vm.dir, 'root'))
  const { cpuMs, megabytes } = await serving(vm, program)
  console.table({
    'size of the executable, MB': (statSync(EXECUTABLE).size / 1e6).toFixed(0),
    'its libraries': libraries.join(' '),
    'serve, ready': `${cpuMs} ms of CPU, ${megabytes} MB`,
  })
  const demo = spawn(process.execPath, [join(ROOT, 'script/demonstration/demo.ts')], {
    env: { ...process.env, DEPLOY_RECEIVER: program },
    stdio: 'inherit',
  })
  onTestFinished(() => void demo.kill())
  expect(await once(demo, 'close')).toEqual([0, null])
}, 3_600_000)

/** Makes a root that holds the executable, and a program that runs it there; workspaces are where they are outside. */
function emptyRoot(root: string): { program: string; libraries: string[] } {
  const put = (file: string, at = file) => {
    mkdirSync(join(root, dirname(at)), { recursive: true })
    copyFileSync(realpathSync(file), join(root, at))
  }
  const libraries = librariesOf(EXECUTABLE)
  put(EXECUTABLE, '/deploy-receiver')
  for (const each of libraries) put(each)
  // its commands are called by a shell, and Nginx looks for the user of its workers
  for (const each of [NGINX, ...librariesOf(NGINX)]) put(each)
  put('/bin/busybox', '/bin/sh')
  mkdirSync(join(root, 'etc'))
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0::/:\nnobody:x:65534:65534::/:\n')
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nnogroup:x:65534:\n')
  for (const each of ['proc', 'dev', SHARED]) mkdirSync(join(root, each), { recursive: true })

  const program = `${root}-program`
  writeFileSync(program, PROGRAM(root), { mode: 0o755 })
  return { program, libraries: libraries.map((each) => each.slice(each.lastIndexOf('/') + 1)) }
}

const NGINX = execFileSync('/bin/sh', ['-c', 'PATH="$PATH:/usr/sbin"; command -v nginx'], {
  encoding: 'utf8',
}).trim()

const librariesOf = (program: string): string[] =>
  execFileSync('ldd', [program], { encoding: 'utf8' }).match(/\/\S+(?= \()/g) ?? []

/** What it mounts is seen by none but itself, and it is the process that was started. */
const PROGRAM = (root: string) => `#!/bin/sh
[ "$1" = mounted ] || exec unshare --mount "$0" mounted "$@"
shift
mount --rbind ${SHARED} ${root}${SHARED}
mount --rbind /dev ${root}/dev
mount -t proc proc ${root}/proc
cd ${root}
exec chroot . /deploy-receiver "$@"
`
