import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import type { Kept } from '../part.ts'
import { aimsOf, tablesOf } from './tables.ts'

const DOCS = join(import.meta.dirname, '../../../docs')
const PAGE = join(DOCS, 'benchmarks.md')
/** Raw figures and plots, one of each for a part. */
export const DATA = join(DOCS, 'benchmarks')

/** docs/benchmarks.md with the figures that are kept between its marks; the words around them are a person's. */
export async function pageOf(parts: ReadonlyMap<string, Kept>): Promise<string> {
  let page = await readFile(PAGE, 'utf8')
  page = between(page, 'aims', aimsOf(parts))
  for (const [name, kept] of parts) {
    // counts alone have no picture
    const plot = kept.figures.length > 0 ? [`![each value of ${name}](benchmarks/${name}.svg)`] : []
    page = between(page, name, [repeatOf(name, kept), tablesOf(kept), ...plot].join('\n\n'))
  }
  return format(page, { ...(await resolveConfig(PAGE)), parser: 'markdown' })
}

export const writePage = async (): Promise<void> => writeFile(PAGE, await pageOf(await keptParts()))

/** What is kept of all parts, in the order of the page. */
export async function keptParts(): Promise<Map<string, Kept>> {
  const page = await readFile(PAGE, 'utf8')
  const files = new Set(await readdir(DATA))
  const parts = new Map<string, Kept>()
  for (const [, name = ''] of page.matchAll(/^<!-- bench (\w+) -->$/gm)) {
    if (!files.has(`${name}.json`)) continue
    parts.set(name, JSON.parse(await readFile(join(DATA, `${name}.json`), 'utf8')) as Kept)
  }
  return parts
}

const repeatOf = (name: string, { at, commit, share, machine }: Kept) =>
  `\`npm run bench -- --only ${name}${share === 1 ? '' : ` --share ${share}`}\`, ${at.slice(0, 10)}, ${commit.slice(0, 8)}: ${Object.entries(
    machine,
  )
    .map(([what, value]) => `${what} ${value}`)
    .join(', ')}.`

function between(page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- bench ${name} -->`, `<!-- end of ${name} -->`]
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from === -1 || to === -1) throw new Error(`docs/benchmarks.md has no "${begin}" … "${end}"`)
  return `${page.slice(0, from)}${begin}\n\n${text}\n\n${page.slice(to)}`
}
