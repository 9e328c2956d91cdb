import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { filesOf } from '../../../../receiver/edges/nginx/app-files.ts'
import { createSites } from '../../../../receiver/edges/nginx/sites.ts'
import { createSlots } from '../../../../receiver/edges/slots.ts'
import { ask } from '../../../support/ask.ts'
import { startNginx } from '../../../support/nginx.ts'
import { freePort } from '../../../support/ports.ts'
import { openWorkspace, type Workspace } from '../../../support/workspace.ts'

let workspace: Workspace
let sites: ReturnType<typeof createSites>
let directory: string
let listen: number
let domains: string[] = []
const SAME = { blue: { port: 1, replicas: 1 }, green: { port: 1, replicas: 1 } }

beforeAll(async () => {
  workspace = openWorkspace()
  const nginx = await startNginx({ dir: workspace.folder('nginx') })
  listen = await freePort()
  directory = nginx.directory
  sites = createSites({
    installation: 'ours',
    nginx: { ...nginx, listen: [`127.0.0.1:${listen}`] },
    // what is taken out is in the config no more
    app: () => (domains.length === 0 ? undefined : { domains, pauses: false }),
    flags: createSlots(workspace.folder('data')).flags,
    address: (_app, slot) => `127.0.0.${slot === 'blue' ? 2 : 3}`,
  })
})
afterAll(() => workspace.close())

test('an app that a site still needs stays, and the error names that site’s file and line', async () => {
  await sites.ensure({ api: SAME })
  const own = join(directory, 'zz-own.conf')
  const [, ...snippets] = filesOf(directory, 'api')
  for (const [line, words] of [
    [`include ${snippets[0]};`, `includes ${snippets[0]}, which goes with api`],
    ['location / { proxy_pass http://api_blue; }', 'still passes requests on to api'],
  ] as const) {
    writeFileSync(own, `server {\n  listen 127.0.0.1:${listen};\n  ${line}\n}\n`)
    await expect(sites.remove('api')).rejects.toMatchObject({
      code: 'nginx_failed',
      message: `${own}:3 ${words}`,
      hint: expect.stringContaining(`out of ${own}, then again: deploy-receiver remove api`),
    })
    for (const file of filesOf(directory, 'api')) expect(existsSync(file)).toBe(true)
  }
  writeFileSync(own, '')
  expect(await sites.remove('api')).toBe(true)
})

test('once an app is taken out nobody meets it any more, but whoever has its name then', async () => {
  domains = ['gone.test']
  await sites.ensure({ gone: SAME })
  await sites.ask('gone', new AbortController().signal)
  writeFileSync(
    join(directory, 'zz-own.conf'),
    `server { listen 127.0.0.1:${listen}; server_name gone.test; return 200 "behind it"; }\n`,
  )
  domains = []
  expect(await sites.remove('gone')).toBe(true)
  const met = new Set<string>()
  for (let count = 0; count < 50; count++) {
    met.add((await ask({ port: listen, domain: 'gone.test' })).body)
  }
  expect([...met]).toEqual(['behind it'])
})
