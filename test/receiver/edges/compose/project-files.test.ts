import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { projectFiles } from '../../../../receiver/edges/compose/project-files.ts'

let dir: string
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'project-files-'))))
afterEach(() => rmSync(dir, { recursive: true }))

function write(name: string, text: string): string {
  const file = join(dir, name)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  return file
}
const filesOf = (files: string[], envFile?: string) =>
  projectFiles({ files, profiles: [], ...(envFile === undefined ? {} : { envFile }) }).map((file) =>
    file.replace(`${dir}/`, ''),
  )

test('a project is made of its files, .env, and all that these name', () => {
  write('.env', 'A=1')
  const files = [
    write(
      'compose.yaml',
      `
include: [more/compose.yaml, { path: [once.yaml], env_file: once.env }]
services:
  web: { extends: { file: base.yaml, service: web }, env_file: [app.env, { path: none.env, required: false }] }
  db: { env_file: { path: db.env }, label_file: labels }
configs: { site: { file: ./site.conf }, text: { content: x } }
secrets: { key: { file: '\${KEYS}/key' }, var: { environment: X } }
`,
    ),
    write('sub/over.yaml', 'services: { web: { env_file: over.env } }'),
  ]
  write('more/compose.yaml', 'include: [../compose.yaml]\nservices: { x: { env_file: x.env } }')
  write('once.yaml', 'services: []')
  expect(filesOf(files)).toEqual([
    'compose.yaml',
    'sub/over.yaml',
    '.env',
    'more/compose.yaml',
    'more/x.env',
    'once.yaml',
    'once.env',
    'base.yaml',
    'app.env',
    'db.env',
    'labels',
    'site.conf',
    '${KEYS}/key',
    'over.env',
  ])
  expect(filesOf(files.slice(1), join(dir, 'other.env'))).toEqual([
    'sub/over.yaml',
    'other.env',
    'sub/over.env',
  ])
})

test.for(['services: {', 'a text', '[1]', 'services: { web: 1, x: null }', 'include: { path: 7 }'])(
  'of %j there is nothing to name',
  (text) => expect(filesOf([write('compose.yaml', text)])).toEqual(['compose.yaml']),
)
