import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runAction } from '../../test/support/github-runner.ts'
import { buildHelloBase, HELLO, HELLO_BASE } from '../../test/support/images.ts'
import { startStack } from '../../test/support/stack.ts'
import { openWorkspace } from '../../test/support/workspace.ts'
import { table } from './table.ts'

const USAGE = `usage: script/bench action [--rounds 7]

  The Action against the least that could do its work: an empty Node script for its start, and docker buildx build --push with a
  curl for its whole run. Both in turns, medians.`

const ROOT = join(import.meta.dirname, '..', '..')
const DIST = join(ROOT, 'dist')
const STARTS = 15
const SETTINGS = { watch: '200ms', drain: '200ms', stop_grace_period: '0s' }

/** Milliseconds of an empty script, and of the bundle that stops at its first wrong input. */
function startUp(): [number, number] {
  const dir = mkdtempSync(join(tmpdir(), 'deploy-bench-'))
  try {
    const empty = join(dir, 'empty.mjs')
    writeFileSync(empty, '')
    const output = join(dir, 'output')
    writeFileSync(output, '')
    const env = { PATH: process.env['PATH'], INPUT_TIMEOUT: 'no duration', GITHUB_OUTPUT: output }
    const time = (script: string) => {
      const began = performance.now()
      spawnSync(process.execPath, [script], { env })
      return performance.now() - began
    }
    const times: [number[], number[]] = [[], []]
    for (let round = 0; round < STARTS; round++) {
      times[0].push(time(empty))
      times[1].push(time(join(DIST, 'main.js')))
    }
    return [median(times[0]), median(times[1])]
  } finally {
    rmSync(dir, { recursive: true })
  }
}

/** Milliseconds of build, push and deployment: by buildx and curl, and by the Action. */
async function wholeRun(rounds: number): Promise<[number, number]> {
  const workspace = openWorkspace()
  try {
    const stack = await startStack(workspace)
    Object.assign(stack.config.apps.hello, SETTINGS)
    await buildHelloBase({ host: stack.runner.host, dir: workspace.dir })
    await stack.startReceiver()
    const { host, username, password } = stack.registry
    const docker = workspace.folder('docker')
    const auth = Buffer.from(`${username}:${password}`).toString('base64')
    writeFileSync(join(docker, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }))
    const env = { ...process.env, DOCKER_HOST: stack.runner.host, DOCKER_CONFIG: docker }
    const versioned = (version: string) => [`BASE=${HELLO_BASE}`, `VERSION=${version}`]

    const bare = async (version: string) => {
      const image = `${stack.repository}:${version}`
      const args = versioned(version).flatMap((value) => ['--build-arg', value])
      const metadata = join(docker, 'metadata.json')
      const push = ['--push', '--provenance=false', '--metadata-file', metadata, '--tag', image]
      execFileSync('docker', ['buildx', 'build', ...push, ...args, HELLO], { env, stdio: 'ignore' })
      const digest = String(
        (JSON.parse(readFileSync(metadata, 'utf8')) as Record<string, unknown>)[
          'containerimage.digest'
        ],
      )
      const body = JSON.stringify({ image: `${image}@${digest}` })
      const curl = ['-sSf', '--unix-socket', stack.config.socket, '-H', 'Prefer: wait=60']
      const json = ['-H', 'Content-Type: application/json', '-d', body]
      execFileSync('curl', [...curl, ...json, 'http://localhost/hooks/hello'], { stdio: 'ignore' })
    }
    const ours = async (version: string) => {
      const { exitCode, lines } = await runAction({
        post: false,
        inputs: {
          url: `${stack.url}/hooks/hello`,
          image: stack.repository,
          registry: host,
          username,
          password,
          tags: version,
          context: HELLO,
          'build-args': versioned(version).join('\n'),
        },
        env: {
          DOCKER_HOST: stack.runner.host,
          GITHUB_RUN_ID: version,
          ACTIONS_ID_TOKEN_REQUEST_URL: stack.issuer.requestUrl,
          ACTIONS_ID_TOKEN_REQUEST_TOKEN: stack.issuer.requestToken,
        },
      })
      if (exitCode !== 0) throw new Error(lines.join('\n'))
    }
    // the first deployment makes Nginx's site, and warms the builder's cache
    await ours('first')
    const times: [number[], number[]] = [[], []]
    for (let round = 0; round < rounds; round++) {
      process.stderr.write(`\r· round ${round + 1} of ${rounds} `)
      for (const [index, run] of [bare, ours].entries()) {
        const began = performance.now()
        await run(`r${round}-${index}`)
        times[index]?.push(performance.now() - began)
      }
    }
    process.stderr.write('\n')
    await stack.close()
    return [median(times[0]), median(times[1])]
  } finally {
    await workspace.close()
  }
}

/** KiB of all scripts of the bundle, and of those that every run loads. */
function size(): [number, number] {
  const kib = (names: Iterable<string>) =>
    [...names].reduce((sum, name) => sum + statSync(join(DIST, name)).size, 0) / 1024
  const always = new Set(['main.js', 'github.js'])
  for (const name of always) {
    const imports = readFileSync(join(DIST, name), 'utf8').matchAll(
      /^import .* from "\.\/(.*)";$/gm,
    )
    for (const [, imported = ''] of imports) always.add(imported)
  }
  return [kib(readdirSync(DIST).filter((name) => /\.c?js$/.test(name))), kib(always)]
}

const median = (values: readonly number[]) =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) console.log(USAGE)
else {
  const [empty, started] = startUp()
  const [bare, ours] = await wholeRun(Number(values.rounds))
  const [whole, always] = size()
  const ms = (value: number) => `${value.toFixed(0)} ms`
  table(
    ['', 'the least', 'the Action', '', 'aim'],
    [
      ['start', ms(empty), ms(started), `${(started / empty).toFixed(2)} times`, '≤ 5 times'],
      ['build, push and deploy', ms(bare), ms(ours), `${ms(ours - bare)} more`, '≤ 400 ms more'],
      ['bundle', '', `${whole.toFixed(0)} KiB`, `${always.toFixed(0)} KiB always`, '≤ 3072 KiB'],
    ],
  )
}
