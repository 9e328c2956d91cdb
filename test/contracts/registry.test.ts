import { createHash } from 'node:crypto'
import { inject } from 'vitest'
import { createRegistry } from '../../receiver/edges/registry/registry.ts'
import { createFakeRegistry, type FakeRegistry } from '../support/fakes/registry.ts'
import { freePort } from '../support/ports.ts'
import { putImage } from '../support/put-image.ts'
import { readingAs } from '../support/reading.ts'
import { layerOf, type Made, registryContract } from './registry.ts'

registryContract('the fake', async () => {
  const repository = 'registry.example/acme/api'
  const away = 'nowhere.example/acme/api'
  const it = createFakeRegistry()
  const stranger = createFakeRegistry()
  stranger.mood.value = 'refuses'
  const nobody = createFakeRegistry()
  nobody.mood.value = 'away'
  const at = (asked: string): FakeRegistry => (asked === away ? nobody : it)
  return {
    registry: {
      resolve: (image, ...how) => at(image.repository).registry.resolve(image, ...how),
      layers: (image, ...how) => at(image.repository).registry.layers(image, ...how),
      platforms: (image, ...how) => at(image.repository).registry.platforms(image, ...how),
    },
    stranger: stranger.registry,
    repository,
    away,
    async push(tag, made) {
      const digest = digestOf(made)
      it.tags.set(`${repository}:${tag}`, digest)
      it.images.set(
        `${repository}@${digest}`,
        'layers' in made
          ? { layers: made.layers.map(layerOf) }
          : {
              platforms: Object.fromEntries(
                Object.entries(made.platforms).map(([name, layers]) => [name, layers.map(layerOf)]),
              ),
            },
      )
      return digest
    },
    close: async () => {},
  }
})

const digestOf = (made: Made) =>
  `sha256:${createHash('sha256').update(JSON.stringify(made)).digest('hex')}`

registryContract('docker-registry', async () => {
  const { host, username, password } = inject('stack').registry
  const login = { username, password }
  const repository = `${host}/acme/contract`
  return {
    registry: createRegistry(readingAs(login)),
    stranger: createRegistry(readingAs({ username, password: 'not-the-password' })),
    repository,
    away: `127.0.0.1:${await freePort()}/acme/contract`,
    push: (tag, made) =>
      'layers' in made
        ? putImage({ repository, login, tag, layers: made.layers })
        : putImage({
            repository,
            login,
            tag,
            platforms: Object.entries(made.platforms).map(([name, layers]) => {
              const [os = '', architecture = ''] = name.split('/')
              return { os, architecture, layers }
            }),
          }),
    close: async () => {},
  }
})
