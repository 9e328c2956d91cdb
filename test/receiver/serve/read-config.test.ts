import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { onThisMachine } from '../../../receiver/core/app.ts'
import type { AppSpec } from '../../../receiver/core/app.ts'
import { readAgain, readConfig } from '../../../receiver/serve/read-config.ts'
import { previewConfig } from '../../../receiver/config/previews/named.ts'

let dir: string
let file: string
let environment: NodeJS.ProcessEnv
const write = (name: string, ...lines: string[]) =>
  writeFileSync(join(dir, name), `${lines.join('\n')}\n`)
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'read-config-'))
  file = join(dir, 'config.yaml')
  environment = { ...process.env, TAG: 'of-production' }
  write(
    'config.yaml',
    'url: https://d.example',
    'apps:',
    '  shop:',
    '    compose: { file: compose.yaml, service: web }',
    '    previews: { domain: preview.test, basic_auth: false }',
  )
})
afterAll(() => rmSync(dir, { recursive: true }))

const commandOf = (app: AppSpec) => onThisMachine(app).project && app.container.command

test('a preview is made of its project as that is now, and what it cannot have is not in the way of its app', async () => {
  const web = (more: string) => `services: { web: { image: acme/shop, ${more} } }`
  write('compose.yaml', web('command: [first]'))
  const { config, text } = await readConfig(file, environment)
  const { shop } = config.apps
  if (shop?.previews === undefined) throw new Error('it has no previews')
  const preview = previewConfig(shop, shop.previews, 'pr-1')
  const again = (app: AppSpec) => readAgain(app, { file, environment, text })

  write('compose.yaml', web('command: [second]'))
  expect(commandOf(await again(preview))).toEqual(['second'])
  expect((await again(preview)).name).toBe('shop--pr-1')

  write('compose.yaml', web('command: [third, "${TAG}"], volumes: [.:/here]'))
  expect(commandOf(await again(shop))).toEqual(['third', 'of-production'])
  await expect(again(preview)).rejects.toMatchObject({
    code: 'compose_failed',
    message: expect.stringContaining('${TAG}') as string,
  })
})
