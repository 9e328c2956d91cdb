import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openProgram } from '../../receiver/cli/program.ts'
import { rowsBelow } from './rows-below.ts'

const ROOT = join(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')
const program = await openProgram()
const optionsOf = new Map(
  program.commands.map((each) => [
    each.name(),
    each.options.flatMap(({ long, short }) => [long, short].filter((flag) => flag !== undefined)),
  ]),
)
const GLOBAL = ['--config', '-c', '--help', '-h', '--version', '-V']

test('docs/cli.md has every command with its options, and nothing else', () => {
  const [, ...sections] = read('docs/cli.md').split('\n### ')
  const named = sections.map((section) => section.split('\n')[0])
  expect(named).toEqual([...optionsOf.keys()])
  for (const [at, section] of sections.entries()) {
    const flags = [...section.matchAll(/^- `(-[^`]+)`: \S/gm)].flatMap(
      ([, found = '']) => found.match(/--?[a-z][a-z-]*/gi) ?? [],
    )
    expect(flags.sort(), named[at]).toEqual([...(optionsOf.get(named[at] ?? '') ?? [])].sort())
  }
})

test('the man page has them, too, and nothing that a formatter would stumble over', () => {
  const page = read('man/deploy-receiver.1')
  expect([...page.matchAll(/^\.SS (\S+)/gm)].map(([, name]) => name?.replaceAll('\\', ''))).toEqual(
    [...optionsOf.keys()],
  )
  for (const flag of [...optionsOf.values()].flat()) {
    expect(page).toContain(flag.replaceAll('-', '\\-'))
  }
  for (const line of page.split('\n')) {
    expect(line).toMatch(/^(?!['])(?:\.(?:TH|SH|SS|TP|PP|B|I|RI|RS|RE|nf|fi)\b|[^.]|$)/)
  }
})

const DOCS = ['README.md', ...readdirSync(join(ROOT, 'docs')).map((file) => `docs/${file}`)].filter(
  (file) => file.endsWith('.md'),
)

test.for(DOCS)('%s names commands and options that there are', (file) => {
  const lines = read(file).matchAll(/(?:^|`|sudo )deploy-receiver ([a-z-]+)([^`\n#;|]*)/gm)
  for (const [line, name = '', rest = ''] of lines) {
    if (name === '-' || name.startsWith('--')) continue
    expect(optionsOf.has(name), line).toBe(true)
    // what stands behind -- is another program's
    const [own = ''] = rest.split(' -- ')
    const flags = own.match(/(?<= )--?[a-z][a-z-]*/g) ?? []
    for (const flag of flags)
      expect([...GLOBAL, ...(optionsOf.get(name) ?? [])], line).toContain(flag)
  }
})

test('both are what the commands say', () => {
  execFileSync('node', [join(ROOT, 'script/man.ts'), '--check'], { stdio: 'pipe' })
})

test('each of a newcomer’s questions is answered by a command that there is', () => {
  const rows = rowsBelow(read('docs/cli.md'), 'Questions')
  expect(rows.length).toBeGreaterThan(10)
  for (const [question = '', answer = ''] of rows) {
    const [, name = ''] = /`deploy-receiver ([a-z]+)/.exec(answer) ?? []
    expect(optionsOf.has(name), question).toBe(true)
  }
})
