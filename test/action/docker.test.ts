import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { buildxVersion } from '../../action/docker.ts'

test('a runner without docker is told so', async () => {
  vi.stubEnv('PATH', '/nowhere')
  onTestFinished(() => void vi.unstubAllEnvs())
  const { signal } = new AbortController()
  await expect(buildxVersion({ env: process.env, signal })).rejects.toMatchObject({
    code: 'no_docker',
    message: 'the docker command is not on this runner',
  })
})

const versionOf = async (script: string) => {
  const folder = mkdtempSync(join(tmpdir(), 'docker-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'docker'), `#!/bin/sh\n${script}\n`)
  chmodSync(join(folder, 'docker'), 0o755)
  vi.stubEnv('PATH', folder)
  onTestFinished(() => void vi.unstubAllEnvs())
  return buildxVersion({ env: process.env, signal: new AbortController().signal })
}

test.for([
  ['echo github.com/docker/buildx v0.29.1 abcdef', '0.29.1'],
  ['echo github.com/docker/buildx 0.13.1+ds1 0.13.1+ds1-3', '0.13.1'],
  ['echo github.com/docker/buildx devel', ''],
  ['exit 1', undefined],
] as const)('of %s the version of buildx is %s', async ([script, version]) => {
  expect(await versionOf(script)).toBe(version)
})

test.for(['echo buildah 1.33.7', 'echo "Emulate Docker CLI using podman." >&2; exit 125'])(
  '%s is Podman, whose digests are others',
  async (script) => {
    await expect(versionOf(script)).rejects.toMatchObject({
      code: 'no_docker',
      message: 'the docker command on this runner is Podman',
    })
  },
)
