import type Docker from 'dockerode'
import { expect, test } from 'vitest'
import { labelsOf } from '../../../../receiver/edges/docker/labels.ts'
import { listStanding } from '../../../../receiver/edges/docker/standing.ts'
import { volumeName } from '../../../../receiver/edges/docker/volumes.ts'
import { APP, DIGEST } from '../../../support/fake-world.ts'

const NETWORK = 'deploy'
const HOME = { network: NETWORK, installation: { id: 'ours', knows: () => true } }
const ANONYMOUS = 'e'.repeat(64)

test('what an image keeps is told from the volumes that a config names, whatever those are called', async () => {
  const kept = volumeName(NETWORK, { app: 'api', path: '/data', replica: 1 })
  const mounts = { '/data': kept, '/old': ANONYMOUS, '/own': 'deploy_own', '/backup': kept }
  const container = {
    Names: ['/deploy-api-1-blue'],
    Labels: labelsOf(HOME, {
      app: APP,
      deployment: 'dep_1',
      generation: 1,
      slot: 'blue',
      replica: 1,
      repository: APP.image.repository,
      digest: DIGEST.one,
      address: '10.213.0.10',
      port: 8000,
      volumes: [],
    }),
    Image: `${APP.image.repository}@${DIGEST.one}`,
    State: 'running',
    Created: 1,
    Mounts: Object.entries(mounts).map(([Destination, Name]) => ({
      Type: 'volume',
      Name,
      Destination,
    })),
  }
  const docker = { listContainers: async () => [container] } as unknown as Docker
  const [found] = await listStanding(docker, NETWORK)
  expect(found?.volumes).toEqual({ '/data': kept, '/old': ANONYMOUS })
})
