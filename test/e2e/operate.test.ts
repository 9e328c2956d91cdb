// @module-tag long
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type Docker from 'dockerode'
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import type { Deployment } from '../../protocol/deployment.ts'
import { connectDocker } from '../../receiver/edges/docker/connect.ts'
import { PROGRAM } from '../support/program.ts'
import { sendRaw } from '../support/raw.ts'
import { startVm, type Vm } from '../support/vm.ts'

const SECRET = 'correct-horse-battery'
let vm: Vm
let docker: Docker
const digests: string[] = []

beforeAll(async () => {
  vm = await startVm(inject('stack'), 'operate')
  docker = await connectDocker({ DOCKER_HOST: inject('stack').dockerHost })
  for (const version of ['one', 'two']) digests.push(await vm.push(version))
  digests.push(await vm.push('broken', { broken: true }))
  const { api = {} } = vm.config.apps
  api['environment'] = { KEY: '${KEY}', PLAIN: 'as it is' }
  api['volumes'] = ['operate-data:/data']
  vm.env['KEY'] = SECRET
  await vm.start()
})
afterAll(() => vm.close())

/** Runs a command as an operator would. */
function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(PROGRAM, withConfig(args), (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    )
  })
}

/** Before what is the command's own. */
const withConfig = (args: readonly string[]) => ['--config', join(vm.dir, 'config.yaml'), ...args]

/** One that does not end by itself. */
function start(...args: string[]): { child: ChildProcess; said: () => string } {
  const child = spawn(PROGRAM, withConfig(args), { stdio: ['pipe', 'pipe', 'pipe'] })
  let said = ''
  const hear = (chunk: Buffer) => (said += chunk.toString())
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  onTestFinished(() => void child.kill('SIGKILL'))
  return { child, said: () => said }
}

const deploy = async (version: number): Promise<Deployment> => {
  const { stdout } = await run('deploy', 'api', digests[version - 1] ?? '', '--json')
  return JSON.parse(stdout) as Deployment
}

test('logs follows what is live over a swap, and ends at once', async () => {
  const first = await deploy(1)
  expect(first.status).toBe('succeeded')
  const { child, said } = start('logs', 'api', '-f', '-t')
  await vm.visit(`/${SECRET}`)
  await expect.poll(said).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z .*\[KEY\]/m)
  const second = await deploy(2)
  await expect.poll(said).toContain(`-- ${second.id} of api is live now, in new containers`)
  await vm.visit('/after-the-swap')
  await expect.poll(said).toContain('/after-the-swap')
  // the receiver is restarted, and nothing is told twice
  await vm.receiver().stop()
  await expect.poll(said).toContain('the receiver went away')
  await vm.start()
  await vm.visit('/after-the-restart')
  await expect.poll(said).toContain('/after-the-restart')
  expect(said().split('/after-the-swap')).toHaveLength(2)
  expect(said()).not.toContain(SECRET)
  child.kill('SIGINT')
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
  expect(code ?? signal).toBe('SIGINT')
})

test('the logs of what was replaced and of what failed are kept', async () => {
  const { stdout } = await run('logs', 'api', '--previous')
  expect(stdout).toContain('/[KEY]')
  const { id, status } = await deploy(3)
  expect(status).toBe('failed')
  const { stdout: failed } = await run('logs', 'api', '--deployment', id.slice(0, 20), '-n', '3')
  expect(failed.trim().split('\n')).toHaveLength(3)
  expect(failed).toContain('404')
  const none = await run('logs', 'api', '--deployment', 'dep_none')
  expect(none.code).toBe(1)
  expect(none.stderr).toContain('deploy-receiver history api lists them')
  expect((await run('logs', 'api', '--since', '1s', '-n', 'all')).code).toBe(0)
  expect((await run('logs', 'api', '--since', 'x')).code).toBe(2)
})

test('show tells why a deployment failed, and who asked for it', async () => {
  const { stdout: list } = await run('history', 'api', '--json', '-n', '1')
  const [{ id = '' } = {}] = JSON.parse(list) as Partial<Deployment>[]
  const { stdout } = await run('show', id)
  expect(stdout).toMatch(new RegExp(`^${id}  deploy of api: failed\n  ${digests[2]}\n`))
  expect(stdout).toMatch(/\n {2}asked by +socket, on the VM\n/)
  expect(stdout).toMatch(/\n {2}answer +GET \/healthz answered 404/)
  expect(stdout).toMatch(/\n✓ pull +\d+/)
  expect(stdout).toMatch(/\n {2}remedy +/)
  for (const line of stdout.split('\n').filter((each) => !each.startsWith('  | '))) {
    expect(line.length).toBeLessThanOrEqual(80)
  }
})

test('the log has its way from the hook to the last step under one id, which show finds', async () => {
  const [{ id = '', request_id: request = '' } = {}] = JSON.parse(
    (await run('history', 'api', '--json', '-n', '1')).stdout,
  ) as Partial<Deployment>[]
  const lines = vm.receiver().log(1000).split('\n')
  const words = lines
    .filter((line) => line.includes(request))
    .map((line) => JSON.parse(line) as { level: string; msg: string; deployment: string })
  expect(words.map(({ deployment }) => deployment)).toEqual(words.map(() => id))
  expect(words.map(({ level, msg }) => `${level} ${msg.split(' ', 2).join(' ')}`)).toEqual([
    'info hook accepted',
    'info deploy begins',
    ...['resolve', 'pull', 'start'].map((step) => `info ${step} done`),
    'warn health failed',
    'error deployment failed',
  ])
  expect(lines.filter((line) => line.includes(id))).toHaveLength(words.length)
  const { stdout } = await run('show', request)
  expect(stdout).toMatch(new RegExp(`^${id} [^]*\n {2}request +${request}\n`))
})

test('Nginx makes the ids of hooks that come by it, whatever their senders say', async () => {
  const forged = 'f'.repeat(32)
  const hook = `POST /hooks/api HTTP/1.1\r\nHost: deploy.example.com\r\nX-Request-Id: ${forged}\r\nContent-Length: 0\r\n\r\n`
  const idFrom = async (port: number) =>
    /^HTTP\/1\.1 401 [^]*\r\nx-request-id: ([0-9a-f]{32})\r\n/i.exec(
      (await sendRaw(port, hook)).text,
    )?.[1]
  expect([undefined, forged]).not.toContain(await idFrom(vm.sites))
  // on this machine one may: there, whoever connects is seen as Nginx
  expect(await idFrom(Number(vm.config.listen.split(':')[1]))).toBe(forged)
})

/** Runs a command with these at its ends. */
function pipe(
  args: string[],
  input = '',
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(PROGRAM, withConfig(args), (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    )
    // it may not read it
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
  })
}
const SH = ['/bin/busybox', 'sh', '-c']
/** What Docker has of commands by hand. */
async function commandsLeft(): Promise<string[]> {
  const all = await docker.listContainers({
    all: true,
    filters: { label: ['deploy-receiver.network=operate', 'deploy-receiver.command'] },
  })
  return all.map(({ Id }) => Id)
}

test('run has the environment, volumes and network of the app, and the exit status of the command', async () => {
  const script = 'echo "$KEY $PLAIN"; cat > /data/typed; busybox hostname -i; echo no >&2; exit 7'
  const { code, stdout, stderr } = await pipe(['run', 'api', '--', ...SH, script], 'typed\n')
  expect(code).toBe(7)
  expect(stdout).toMatch(new RegExp(`^${SECRET} as it is\n\\d+\\.\\d+\\.\\d+\\.\\d+\n$`))
  expect(stderr).toBe('no\n')
  const { stdout: kept } = await pipe(['exec', 'api', '--', '/bin/busybox', 'cat', '/data/typed'])
  expect(kept).toBe('typed\n')
  expect(await commandsLeft()).toEqual([])
  const { stdout: audit } = await run('audit', 'api', '--json')
  expect(audit).toContain('"request":"run /bin/busybox with 3 arguments"')
  expect(audit).not.toContain('typed')
})

test('what a command prints and reads may be long', async () => {
  const bytes = 3_000_000
  const { stdout } = await pipe(
    ['run', 'api', '--', ...SH, 'busybox cat | busybox wc -c'],
    'x'.repeat(bytes),
  )
  expect(stdout.trim()).toBe(String(bytes))
  const { stdout: all } = await pipe(
    ['exec', 'api', '--', ...SH, 'busybox yes | busybox head -c 300000'],
    '',
  )
  expect(all).toHaveLength(300_000)
})

test('at a terminal the command has one, of its size, and its exit status', async () => {
  const config = join(vm.dir, 'config.yaml')
  const script =
    'test -t 0 && until [ "$(busybox stty size 2>/dev/null)" = "33 99" ]; do busybox sleep 0.1; done; exit 3'
  const { stdout } = await new Promise<{ stdout: string }>((resolve) => {
    const line = `stty rows 33 columns 99; ${PROGRAM} --config ${config} exec api -- /bin/busybox sh -c '${script}'; echo "ended with $?"`
    execFile('script', ['-qec', line, '/dev/null'], (_error, text) => resolve({ stdout: text }))
  })
  expect(stdout).toContain('ended with 3')
})

/** Processes in the live container that sleep. */
async function sleeping(): Promise<string> {
  const { stdout } = await pipe(['exec', 'api', '--', '/bin/busybox', 'ps'])
  return stdout
    .split('\n')
    .filter((line) => line.includes('sleep 360'))
    .join('\n')
}

test('a command ends with whoever ordered it, or with the receiver, and goes', async () => {
  for (const signal of ['SIGKILL', 'SIGHUP'] as const) {
    const { child, said } = start('run', 'api', '--', ...SH, 'echo began; busybox sleep 3600')
    await expect.poll(said).toContain('began')
    expect(await commandsLeft()).toHaveLength(1)
    child.kill(signal)
    await expect.poll(commandsLeft).toEqual([])
    // one that heeds no hang-up, and what it started
    const deaf = `trap "" HUP; busybox sleep 3601 & echo began; while :; do busybox sleep 3602; done`
    const within = start('exec', 'api', '--', ...SH, deaf)
    await expect.poll(within.said).toContain('began')
    expect(await sleeping()).toMatch(/3601[^]*3602|3602[^]*3601/)
    within.child.kill(signal)
    await expect.poll(sleeping, { timeout: 30_000 }).toBe('')
  }

  const asked = start(
    'run',
    'api',
    '--',
    ...SH,
    'trap "exit 5" INT; echo began; while :; do busybox sleep 0.1; done',
  )
  await expect.poll(asked.said).toContain('began')
  asked.child.kill('SIGINT')
  expect((await once(asked.child, 'exit'))[0]).toBe(5)

  const left = start('run', 'api', '--', ...SH, 'echo began; busybox sleep 3600')
  await expect.poll(left.said).toContain('began')
  vm.receiver().kill('SIGKILL')
  await vm.receiver().exited
  expect((await once(left.child, 'exit'))[0]).toBe(1)
  expect(left.said()).toContain('the receiver ended before the command did')
  expect(await commandsLeft()).toHaveLength(1)
  await vm.start()
  await expect.poll(commandsLeft).toEqual([])
})

test.for([
  [['run', 'none', '--', 'ls'], 1, 'there is no app "none"'],
  [['exec', 'api', '--replica', '2', '--', 'ls'], 1, 'no replica 2 of api runs'],
  // Docker's own
  [['exec', 'api', '--', 'no-such-program'], 126, ''],
  [['run', 'api', '--', 'no-such-program'], 1, 'cannot run no-such-program'],
  [['run', 'api'], 2, "missing required argument 'command'"],
] as const)('%s ends with %i', async ([args, status, message]) => {
  const { code, stderr } = await pipe([...args])
  expect(code, stderr).toBe(status)
  expect(stderr).toContain(message)
})

test('restart makes what is live anew, and visitors notice nothing', async () => {
  const before = await live()
  const { code, stdout } = await run('restart', 'api')
  expect(stdout).toMatch(/^dep_\w+ {2}restart of api\n/)
  expect(code).toBe(0)
  const after = await live()
  expect(after.image.digest).toBe(before.image.digest)
  expect(after.id).not.toBe(before.id)
  expect((await run('history', 'api', '-n', '1')).stdout).toContain(' restart ')
})

const live = async (): Promise<Deployment> =>
  (JSON.parse((await run('status', 'api', '--json')).stdout) as { live: Deployment }).live

test('stop ends it and tells visitors so, over a restart of the receiver, until start', async () => {
  expect((await run('stop', 'api')).stdout).toMatch(/^api is stopped since 2\S+Z; deploy-receiver /)
  const down = await vm.visit()
  expect([down.status, down.body]).toMatchObject([503, expect.stringContaining('api is down')])
  await vm.receiver().stop()
  await vm.start()
  expect((await vm.visit()).status).toBe(503)
  expect((await run('status')).stdout).toMatch(/\napi: stopped since /)
  expect((await run('doctor')).stdout).toMatch(/\nwarn +app api +stopped since /)
  const { code, stderr } = await pipe(['exec', 'api', '--', 'ls'])
  expect([code, stderr]).toMatchObject([1, expect.stringContaining('no replica 1 of api runs')])
  expect(await run('start', 'api')).toMatchObject({ code: 0, stdout: 'api runs\n' })
  expect((await vm.visit()).status).toBe(200)
})
