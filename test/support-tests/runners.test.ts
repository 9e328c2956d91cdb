import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { waitFor } from '../support/processes.ts'
import { runnersOf } from '../support/runners.ts'

const LEFT_BEHIND = fileURLToPath(new URL('left-behind.ts', import.meta.url))

test('a run ends when the shell that npm started it with is killed', async () => {
  // the second command keeps the shell from becoming the first one
  const shell = spawn('/bin/sh', ['-c', '"$0" "$1"; true', process.execPath, LEFT_BEHIND], {
    env: { ...process.env, npm_command: 'test' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void shell.kill('SIGKILL'))
  const [pid] = await once(createInterface({ input: shell.stdout }), 'line')
  expect(existsSync(`/proc/${pid}/exe`)).toBe(true)

  shell.kill('SIGKILL')

  await waitFor(() => !existsSync(`/proc/${pid}/exe`), { what: 'the run goes on' })
})

test('with npm it is all up to npm, and what started npm may end', () => {
  // no shell stands between
  expect(runnersOf(process.pid, { npm_command: 'test' })).toEqual([process.pid])
})

test('without npm a shell that somebody typed in may end', () => {
  expect(runnersOf(process.pid, {})).toEqual([])
})
