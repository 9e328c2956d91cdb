import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { overrideOf } from '../../../../receiver/edges/compose/override.ts'
import { APP } from '../../../support/fake-world.ts'

const worker = (name: string) => ({ name, container: APP.container, replicas: 1 })

test('Compose takes the override over files that say scale, replicas, a name or nothing', () => {
  const dir = mkdtempSync(join(tmpdir(), 'compose-override-'))
  try {
    const file = join(dir, 'compose.yaml')
    const override = join(dir, 'override.yaml')
    writeFileSync(
      file,
      `services:
  web: { image: acme/shop, deploy: { replicas: 2 } }
  scaled: { image: acme/shop, scale: 3, depends_on: [web] }
  both: { image: acme/shop, scale: 2, deploy: { replicas: 2 } }
  named: { build: ., container_name: named }
  db: { image: postgres }
`,
    )
    const image = `acme/shop@sha256:${'1'.repeat(64)}`
    const project = {
      source: { files: [file], profiles: [] },
      name: 'shop',
      service: 'web',
      oneOffs: [worker('named')],
      workers: [worker('scaled'), worker('both')],
      dependencies: [],
      oneOffMs: 1,
      resources: { networks: {}, volumes: {} },
      passedOver: [],
    }
    writeFileSync(override, overrideOf(project, image))
    const args = ['compose', '-f', file, '-f', override, 'config', '--format', 'json']
    const { services } = JSON.parse(execFileSync('docker', args, { encoding: 'utf8' })) as {
      services: Record<string, { image: string; scale?: number; deploy?: { replicas?: number } }>
    }
    for (const name of ['web', 'scaled', 'both', 'named']) {
      expect([name, services[name]?.image]).toEqual([name, image])
      expect([name, services[name]?.deploy?.replicas]).toEqual([name, 0])
    }
    expect(services['db']).toMatchObject({ image: 'postgres' })
    // until the first deployment they are Compose's, and serve
    writeFileSync(override, overrideOf(project, undefined))
    const asItIs = ['compose', '-f', file, 'config']
    expect(execFileSync('docker', [...asItIs.slice(0, 3), '-f', override, 'config'])).toEqual(
      execFileSync('docker', asItIs),
    )
  } finally {
    rmSync(dir, { recursive: true })
  }
})
