import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { registerLogger, validate } from '@actions/languageservice'
import { expect, test } from 'vitest'
import { TextDocument } from 'vscode-languageserver-textdocument'
import { parse } from 'yaml'

const ROOT = join(import.meta.dirname, '..', '..')
const FOLDERS = ['.github/workflows', 'examples/workflows']
const files = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.yml') && !name.startsWith('gitlab'))
    .map((name) => `${folder}/${name}`),
)
const { inputs } = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8')) as {
  inputs: Record<string, unknown>
}

/** What goes wrong in the language service itself is logged by it, and nothing is found then. */
const broken: string[] = []
registerLogger({
  error: (message) => broken.push(message),
  warn: () => {},
  info: () => {},
  log: () => {},
})
let documents = 0

/** What GitHub's own language service says of a workflow. It remembers documents by their address. */
const diagnosed = async (text: string) => {
  const uri = `file:///workflow-${documents++}.yml`
  const found = await validate(TextDocument.create(uri, 'yaml', 1, text))
  expect(broken).toEqual([])
  return found.map(({ message, range }) => `${range.start.line + 1}: ${JSON.stringify(message)}`)
}

test.for(files)('%s is a workflow that GitHub takes', async (file) => {
  expect(await diagnosed(readFileSync(join(ROOT, file), 'utf8'))).toEqual([])
})

test.for(files)('%s gives the Action inputs that it has', (file) => {
  const workflow = parse(readFileSync(join(ROOT, file), 'utf8')) as {
    jobs: Record<string, { steps?: { uses?: string; with?: Record<string, unknown> }[] }>
  }
  const given = Object.values(workflow.jobs)
    .flatMap(({ steps = [] }) => steps)
    .filter(({ uses }) => uses === './' || uses?.startsWith('org/deploy-action@'))
    .flatMap((step) => Object.keys(step.with ?? {}))
  expect(given.filter((name) => !(name in inputs))).toEqual([])
})

const PAGES = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

test.for([...files, ...PAGES])('%s names the actions of others by commit and version', (file) => {
  // a tag can be moved, to what then has the job's rights: to write packages, to sign
  const used = readFileSync(join(ROOT, file), 'utf8')
    .split('\n')
    .flatMap((line) => /^\s*(?:- )?uses: (.*)$/.exec(line)?.[1] ?? [])
    .filter((uses) => uses !== './' && !uses.startsWith('org/deploy-action'))
  const unpinned = used.filter((uses) => !/^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+\b/.test(uses))
  expect(unpinned).toEqual([])
})

test('a mistake in a workflow is seen', async () => {
  const text = 'on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - usess: y\n'
  expect(await diagnosed(text)).not.toEqual([])
})
