import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { runAction } from '../support/github-runner.ts'
import { HELLO } from '../support/images.ts'
import { waitFor } from '../support/processes.ts'
import { startRegistryProxy } from '../support/registry-proxy.ts'

const PASSWORD = 'registry-password-0123456789'
let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'deploy-faults-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** A docker that does what the script says when it is to build. */
function docker(script: string): Record<string, string> {
  writeFileSync(
    join(dir, 'docker'),
    `#!/bin/sh\n[ "$2" = version ] && exit 0\necho $$ >${dir}/pid\n${script}\n`,
  )
  chmodSync(join(dir, 'docker'), 0o755)
  return { PATH: `${dir}:${process.env['PATH']}` }
}
const build = (env: Record<string, string>, more: Parameters<typeof runAction>[0] = {}) =>
  runAction({
    inputs: { registry: 'registry.example.com', username: 'ci', password: PASSWORD },
    env,
    ...more,
  })
const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test.for(['SIGINT', 'SIGTERM'] as const)(
  'a job that is cancelled by %s in the middle of a build leaves no process and no file',
  async (killSignal) => {
    const cancel = new AbortController()
    const run = await build(docker('echo building; exec sleep 100000'), {
      signal: cancel.signal,
      killSignal,
      onLine: (line) => line === 'building' && cancel.abort(),
    })
    expect(run).toMatchObject({ exitCode: 1, postExitCode: 0, leftovers: [], outputs: {} })
    expect(run.annotations).toMatchObject([
      { level: 'error', message: expect.stringContaining('cancelled') },
    ])
    const pid = Number(readFileSync(join(dir, 'pid'), 'utf8'))
    await waitFor(() => !isAlive(pid), { what: 'the build goes on' })
  },
)

test('a job that is killed leaves no credentials once the post step ran', async () => {
  const kill = new AbortController()
  const run = await build(docker('echo building; exec sleep 5'), {
    signal: kill.signal,
    killSignal: 'SIGKILL',
    onLine: (line) => line === 'building' && kill.abort(),
  })
  expect(run).toMatchObject({ postExitCode: 0, leftovers: [] })
})

test('a build that prints 100,000 lines is shown whole, line by line', async () => {
  const many =
    'i=0; while [ $i -lt 100000 ]; do echo "::warning::line $i"; i=$((i+1)); done; exit 1'
  const run = await build(docker(many))
  expect(run.exitCode).toBe(1)
  expect(run.lines.filter((line) => line.includes('::warning::line '))).toHaveLength(100_000)
  // none of them was a command
  expect(run.annotations.filter(({ level }) => level === 'warning')).toEqual([])
})

test('what docker says on its way down is no secret, whatever it holds', async () => {
  const run = await build(docker(`cat "$DOCKER_CONFIG/config.json"; exit 1`))
  const auth = Buffer.from(`ci:${PASSWORD}`).toString('base64')
  const shown = [...run.lines, JSON.stringify(run.annotations), run.summary].join('\n')
  expect(shown).toContain('"auths"')
  expect(shown).toContain('[command]docker buildx build --push --metadata-file ')
  expect(shown).not.toContain(auth)
  expect(shown).not.toContain(PASSWORD)
})

test('a registry that answers 500 in the middle of a push is asked again', async () => {
  const { registry, dockerHost } = inject('stack')
  const proxy = await startRegistryProxy(registry.host)
  let struck = false
  proxy.interfere(({ method }, response) => {
    if (method !== 'POST' || struck) return false
    struck = true
    response.writeHead(500).end('{"errors":[{"code":"UNKNOWN","message":"the disk is on fire"}]}')
    return true
  })
  writeFileSync(join(dir, 'Dockerfile'), 'FROM scratch\nCOPY server.js /\n')
  try {
    const { username, password } = registry
    const run = await runAction({
      inputs: {
        registry: proxy.host,
        image: `${proxy.host}/acme/broken`,
        username,
        password,
        context: HELLO,
        tags: 'one',
        file: join(dir, 'Dockerfile'),
      },
      env: { DOCKER_HOST: dockerHost },
    })
    expect(run.exitCode, run.lines.join('\n')).toBe(0)
    expect(struck).toBe(true)
    expect(run.outputs['digest']).toMatch(/^sha256:/)
  } finally {
    await proxy.stop()
  }
})
