import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const markdownIn = (folder: string) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name))
const PAGES = [...markdownIn('.'), ...markdownIn('docs')]

/** Code is no text with links in it. */
const proseOf = (page: string) =>
  readFileSync(join(ROOT, page), 'utf8')
    .split(/^ *```.*$/m)
    .filter((_, at) => at % 2 === 0)
    .join('\n')

/** As GitHub makes them: small letters, blanks as hyphens, of signs only `-` and `_`. */
const anchorsOf = (page: string) => {
  const headings = [...proseOf(page).matchAll(/^#{1,6} (.*)$/gm)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
  return new Set(headings)
}

test.for(PAGES)('%s links to files and headings that there are', (page) => {
  const links = [...proseOf(page).matchAll(/\]\(([^()\s]+)\)/g)].map(([, to = '']) => to)
  const broken = links
    .filter((to) => !/^[a-z]+:/.test(to))
    .filter((to) => {
      const [file = '', anchor] = to.split('#')
      const target = file === '' ? page : relative(ROOT, join(ROOT, dirname(page), file))
      if (!existsSync(join(ROOT, target))) return true
      return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).has(anchor)
    })
  expect(broken).toEqual([])
})

test('docs/README.md has every page', () => {
  const links = readFileSync(join(ROOT, 'docs/README.md'), 'utf8')
  expect(markdownIn('docs').filter((page) => !links.includes(`](${basename(page)})`))).toEqual([
    'docs/README.md',
  ])
})
