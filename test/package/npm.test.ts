import { execFile } from 'node:child_process'
import { chmodSync, globSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openWorkspace, type Workspace } from '../support/workspace.ts'
import { OUT, ROOT } from './out.ts'

const run = promisify(execFile)
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  version: string
}
let workspace: Workspace
let prefix: string

beforeAll(async () => {
  workspace = openWorkspace()
  prefix = workspace.folder('prefix')
  const archive = join(OUT, `deploy-receiver-${version}.tgz`)
  await run('npm', ['install', '--global', '--offline', '--prefix', prefix, archive])
})
afterAll(() => workspace.close())

/** With this Node and no other in PATH. */
const withNode = (node: string, args: readonly string[]) =>
  run(join(prefix, 'bin/deploy-receiver'), args, {
    env: { PATH: `${dirname(node)}:/usr/bin:/bin` },
  })

test('npm installs it into an empty prefix, and it runs with Node 24', async () => {
  const { stdout } = await withNode(process.execPath, ['version'])
  expect(stdout).toBe(`${version}\n`)
  expect((await withNode(process.execPath, ['--help'])).stdout).toContain('rollback')
  // once more, with what Node compiled
  expect((await withNode(process.execPath, ['version'])).stdout).toBe(`${version}\n`)
})

test('the man page is where man looks, beside that prefix', () => {
  const [page = ''] = globSync('share/man/man1/deploy-receiver.1', { cwd: prefix })
  expect(readFileSync(join(prefix, page), 'utf8')).toContain('.TH DEPLOY')
})

test('an older Node is named, with what to do', async () => {
  const folder = workspace.folder('old')
  const node = join(folder, 'node')
  writeFileSync(node, '#!/bin/sh\necho v20.19.2\n')
  chmodSync(node, 0o755)
  await expect(withNode(node, ['version'])).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining(
      `deploy-receiver: it needs Node.js 24 or newer, and ${node} is v20.19.2\n`,
    ) as string,
  })
})

test('it brings nothing that is compiled for one machine, and no sources', () => {
  const folder = realpathSync(join(prefix, 'lib/node_modules/deploy-receiver'))
  expect(globSync('**/*.{ts,node}', { cwd: folder })).toEqual([])
  expect(globSync('node_modules', { cwd: folder })).toEqual([])
})
