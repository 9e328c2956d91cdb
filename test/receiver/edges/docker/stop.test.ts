import type Docker from 'dockerode'
import { expect, test } from 'vitest'
import { stop } from '../../../../receiver/edges/docker/containers.ts'

test.each([
  [0, 0],
  [1000, 1],
  [1500, 2],
  [600_000, 600],
])('a stop with a grace of %i ms asks Docker for %i s', async (graceMs, seconds) => {
  const asked: unknown[] = []
  const docker = {
    getContainer: (name: string) => ({
      stop: async (options: unknown) => void asked.push(name, options),
    }),
  } as unknown as Docker
  await stop(docker, 'api-1-blue', graceMs)
  expect(asked).toEqual(['api-1-blue', { t: seconds }])
})
