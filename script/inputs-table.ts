// Writes the tables of inputs and outputs in README.md from action.yml. With --check it only says whether they are right.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { format, resolveConfig } from 'prettier'
import { parse } from 'yaml'

const ROOT = join(import.meta.dirname, '..')
const README = join(ROOT, 'README.md')
const BEGIN = '<!-- from action.yml, by npm run inputs -->'
const END = '<!-- end of action.yml -->'

interface Action {
  inputs: Record<string, { description: string; default?: string }>
  outputs: Record<string, { description: string }>
}

const { inputs, outputs } = parse(await readFile(join(ROOT, 'action.yml'), 'utf8')) as Action
const cell = (text: string) =>
  text
    .trim()
    .replaceAll('|', String.raw`\|`)
    .replaceAll('*', String.raw`\*`)
const code = (text: string | undefined) =>
  text === undefined ? '' : `\`${text.replace(/^\$\{\{ (.*) \}\}$/, '$1')}\``
const tables = [
  '| input | default | |',
  '| --- | --- | --- |',
  ...Object.entries(inputs).map(
    ([name, { description, default: value }]) =>
      `| \`${name}\` | ${code(value)} | ${cell(description)} |`,
  ),
  '',
  '| output | |',
  '| --- | --- |',
  ...Object.entries(outputs).map(
    ([name, { description }]) => `| \`${name}\` | ${cell(description)} |`,
  ),
].join('\n')

const before = await readFile(README, 'utf8')
const [start, end] = [before.indexOf(BEGIN), before.indexOf(END)]
if (start === -1 || end === -1) throw new Error(`README.md has no "${BEGIN}" … "${END}"`)
const after = await format(
  `${before.slice(0, start)}${BEGIN}\n\n${tables}\n\n${before.slice(end)}`,
  { ...(await resolveConfig(README)), parser: 'markdown' },
)

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })
if (!values.check) await writeFile(README, after)
else if (after !== before) {
  console.error('the tables in README.md are not what action.yml says: run npm run inputs')
  process.exitCode = 1
}
