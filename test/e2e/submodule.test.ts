// @module-tag long
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { commitAll, type GitServer, startGitServer } from '../support/git-server.ts'
import { runAction } from '../support/github-runner.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

// the workflow's token opens the workflow's own repository alone, a user's token all that the user may read
const WORKFLOW_TOKEN = 'ghs_of-the-workflow-0123456789'
const USER_TOKEN = 'ghp_of-the-user-9876543210'

const stack = inject('stack')
let workspace: Workspace
let server: GitServer

beforeAll(async () => {
  workspace = openWorkspace()
  const served = workspace.folder('served')
  server = await startGitServer(
    served,
    (path, password) =>
      password === USER_TOKEN ||
      (password === WORKFLOW_TOKEN && !path.startsWith('/acme/hello.git/lib/')),
  )
  const [lib, hello] = [workspace.folder('lib'), workspace.folder('hello')]
  writeFileSync(join(lib, 'lib.txt'), 'of the submodule\n')
  const bareLib = join(served, 'lib.git')
  await commitAll(lib, bareLib)
  writeFileSync(join(hello, 'Dockerfile'), 'FROM scratch\nCOPY lib/lib.txt /\n')
  // BuildKit hands a token on to the whole of github.com; of another server it does to what lies below the repository
  const own = join(served, 'acme', 'hello.git')
  await commitAll(hello, own, [
    ['-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', bareLib, 'lib'],
    ['config', '--file', '.gitmodules', 'submodule.lib.url', `${server.url}/acme/hello.git/lib`],
  ])
  symlinkSync(bareLib, join(own, 'lib'))
})
afterAll(async () => {
  server.stop()
  await workspace.close()
})

const build = (inputs: Record<string, string> = {}) =>
  runAction({
    token: WORKFLOW_TOKEN,
    inputs: {
      context: `${server.url}/acme/hello.git#main`,
      image: `${stack.registry.host}/acme/submodule`,
      username: stack.registry.username,
      password: stack.registry.password,
      tags: 'one',
      ...inputs,
    },
    env: { DOCKER_HOST: stack.dockerHost, GITHUB_SERVER_URL: server.url },
  })

test('the workflow’s token opens no private submodule', async () => {
  const { exitCode, lines } = await build()
  expect(exitCode).toBe(1)
  expect(lines.join('\n')).toMatch(/failed to update submodules/)
})

test('a private submodule is fetched with the token that the user gives', async () => {
  const { exitCode, outputs, lines } = await build({ secrets: `GIT_AUTH_TOKEN=${USER_TOKEN}` })
  expect(exitCode, lines.join('\n')).toBe(0)
  expect(outputs['digest']).toMatch(/^sha256:/)
  expect(lines.join('\n')).not.toContain(USER_TOKEN)
})
