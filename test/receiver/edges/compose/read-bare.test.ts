import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readProject } from '../../../../receiver/edges/compose/read-project.ts'

let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'compose-bare-'))
  mkdirSync(join(dir, 'other'))
  const files = {
    'compose.yaml': [
      'services:',
      '  web:',
      '    extends: { file: base.yaml, service: base }',
      '    image: acme/shop:${TAG:-1}',
      '    env_file: [production.env]',
      '    environment: { PLAIN: a$$b, HOST_OF: "${DB_HOST:-db}", HOME_OF: , WHO: "${WHO:-nobody}" }',
      '  worker: { image: acme/shop, env_file: [{ path: production.env }], profiles: [more] }',
    ],
    'base.yaml': ['services: { base: { env_file: production.env, environment: { BASE: 1 } } }'],
    'production.env': ['API_KEY=of-production-alone'],
    '.env': ['TAG=of-production', 'DB_HOST=of-production'],
    'preview.env': ['DB_HOST=preview-db'],
    'needs.yaml': ['services: { web: { image: "acme/shop:${TAG}", hostname: "$NAME" } }'],
    'including.yaml': ['include: [other/compose.yaml]', 'services: { web: { image: acme/shop } }'],
    'other/compose.yaml': ['services: { db: { image: "postgres:${TAG:-1}" } }'],
    'other/.env': ['TAG=of-production'],
  }
  for (const [name, lines] of Object.entries(files)) {
    writeFileSync(join(dir, name), `${lines.join('\n')}\n`)
  }
})
afterAll(() => rmSync(dir, { recursive: true }))

const ENV = {
  ...process.env,
  WHO: 'of-production',
  HOME_OF: 'of-production',
  COMPOSE_PROFILES: 'more',
}
const read = (file: string, envFile?: string) =>
  readProject(
    {
      files: [join(dir, file)],
      profiles: [],
      ...(envFile === undefined ? {} : { envFile: join(dir, envFile) }),
      bare: true,
    },
    ENV,
  )

test('nothing that only this machine knows comes into what previews are made of', async () => {
  const { json } = await read('compose.yaml')
  expect(JSON.stringify(json)).not.toContain('of-production')
  expect(json).toMatchObject({
    services: {
      web: {
        image: 'acme/shop:1',
        environment: { BASE: '1', PLAIN: 'a$$b', HOST_OF: 'db', HOME_OF: null, WHO: 'nobody' },
      },
    },
  })
})

test('what is named for previews is filled in', async () => {
  const { json } = await read('compose.yaml', 'preview.env')
  expect(json).toMatchObject({ services: { web: { environment: { HOST_OF: 'preview-db' } } } })
})

test('a variable without a value is refused, with where to name it', async () => {
  await expect(read('needs.yaml')).rejects.toMatchObject({
    message: expect.stringMatching(
      /^\$\{(?:TAG\}, \$\{NAME|NAME\}, \$\{TAG)\} of .*needs\.yaml have no value/,
    ) as string,
    hint: expect.stringContaining('previews: { compose: { env_file:') as string,
  })
  await expect(read('needs.yaml', 'preview.env')).rejects.toMatchObject({
    hint: expect.stringContaining(`write it into ${dir}/preview.env`) as string,
  })
})

test('a file that includes others, whose .env Compose would read, is refused', async () => {
  await expect(read('including.yaml')).rejects.toMatchObject({
    message: expect.stringContaining('including.yaml includes others') as string,
    hint: expect.stringContaining('previews: { compose: { file:') as string,
  })
})
