import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'

/** Name, version and licence of each bundled package, in the order of their names. */
export async function licencesOf(modules: readonly string[]): Promise<string> {
  const entries = await Promise.all(packageFolders(modules).map(licenceOf))
  entries.sort((a, b) => (a.title < b.title ? -1 : a.title > b.title ? 1 : 0))
  return [...new Set(entries.map(({ title, text }) => `${title}\n\n${text}\n`))].join(
    `\n${'-'.repeat(80)}\n\n`,
  )
}

/** The folders of the packages that modules belong to, each once. */
export const packageFolders = (modules: readonly string[]): string[] => [
  ...new Set(modules.flatMap((id) => packageFolder(id) ?? [])),
]

/** The folder of the package that a module belongs to; undefined for the project's own sources. */
function packageFolder(moduleId: string): string | undefined {
  const path = moduleId.replace(/^\0/, '').replace(/\?.*/, '')
  if (!path.includes(`${sep}node_modules${sep}`)) return undefined
  let folder = dirname(path)
  // a package.json without a name only says how a subfolder's modules are written
  while (!existsSync(join(folder, 'package.json')) || !isPackage(folder)) folder = dirname(folder)
  return folder
}

const isPackage = (folder: string): boolean =>
  /node_modules[\\/](@[^\\/]+[\\/])?[^\\/]+$/.test(folder)

async function licenceOf(folder: string): Promise<{ title: string; text: string }> {
  const { name, version, license } = JSON.parse(
    await readFile(join(folder, 'package.json'), 'utf8'),
  ) as { name: string; version: string; license?: string }
  const file = (await readdir(folder)).sort().find((one) => /^licen[cs]e/i.test(one))
  if (file === undefined && license === undefined) {
    throw new Error(`${name} ${version} comes without a licence: replace it, or find its licence`)
  }
  const text = file === undefined ? '' : (await readFile(join(folder, file), 'utf8')).trim()
  return {
    title: `${name} ${version} (${license ?? 'see below'})`,
    text: text.replaceAll('\r\n', '\n'),
  }
}
