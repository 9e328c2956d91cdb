import { expect, onTestFinished, test, vi } from 'vitest'
import { hasBuildx } from '../../action/docker.ts'

test('a runner without docker is told so', async () => {
  vi.stubEnv('PATH', '/nowhere')
  onTestFinished(() => void vi.unstubAllEnvs())
  const { signal } = new AbortController()
  await expect(hasBuildx({ env: process.env, signal })).rejects.toMatchObject({
    code: 'no_docker',
    message: 'the docker command is not on this runner',
  })
})
