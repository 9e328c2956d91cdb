import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { runCommand } from '../../action/run-command.ts'

const run = async (
  script: string,
  signal = new AbortController().signal,
  onLine = () => {},
  platform?: NodeJS.Platform,
) => {
  const lines: string[] = []
  const status = await runCommand('/bin/sh', ['-c', script], {
    env: process.env,
    signal,
    ...(platform && { platform }),
    onLine: (line, source) => {
      lines.push(`${source}: ${line}`)
      onLine()
    },
  })
  return { status, lines }
}

test('both outputs come line by line, also a last one without an end and a character in two pieces', async () => {
  const { status, lines } = await run(
    `printf 'a\\r\\nb\\342'; sleep 0.2; printf '\\202\\254\\nc'; echo d >&2; exit 3`,
  )
  expect(status).toBe(3)
  expect(lines.filter((line) => line.startsWith('stdout'))).toEqual([
    'stdout: a',
    'stdout: b€',
    'stdout: c',
  ])
  expect(lines).toContain('stderr: d')
})

test('a command that reads its standard input finds it empty', async () => {
  expect(await run('cat; echo read')).toEqual({ status: 0, lines: ['stdout: read'] })
})

test('a cancelled command gets SIGINT, and what it says on its way down is heard', async () => {
  const cancelling = new AbortController()
  const { status, lines } = await run(
    `trap 'echo bye; exit 7' INT; echo up; while :; do sleep 0.1; done`,
    cancelling.signal,
    () => cancelling.abort(),
  )
  expect({ status, lines }).toEqual({ status: 7, lines: ['stdout: up', 'stdout: bye'] })
})

test('on Windows the runner tells a cancelled command itself, and it is let end', async () => {
  const cancelling = new AbortController()
  const told = join(mkdtempSync(join(tmpdir(), 'run-command-')), 'told')
  onTestFinished(() => rmSync(dirname(told), { recursive: true }))
  const { status, lines } = await run(
    `trap 'exit 7' INT; echo up; until [ -e '${told}' ]; do sleep 0.1; done; echo bye`,
    cancelling.signal,
    () => {
      cancelling.abort()
      writeFileSync(told, '')
    },
    'win32',
  )
  expect({ status, lines }).toEqual({ status: 0, lines: ['stdout: up', 'stdout: bye'] })
})

test('a command that does not mind SIGINT is killed', async () => {
  const cancelling = new AbortController()
  const { status } = await run(
    `trap '' INT; echo up; while :; do sleep 0.1; done`,
    cancelling.signal,
    () => cancelling.abort(),
  )
  expect(status).toBe(130)
})

test('a command that starts after the job was cancelled ends at once', async () => {
  expect((await run('exec sleep 100000', AbortSignal.abort())).status).toBe(130)
})

test('a command that is not there is an error', async () => {
  const { signal } = new AbortController()
  const started = runCommand('/nowhere/docker', [], { env: {}, signal, onLine: () => {} })
  await expect(started).rejects.toThrow('/nowhere/docker')
})
