import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

export const ROOT = join(import.meta.dirname, '../..')

/** What each product is made with. */
export interface Making {
  /** The folder that it goes into. */
  out: string
  manifest: Manifest
  /** What stands in place of the time at which it is made, in seconds: two builds of a commit are equal. */
  epoch: number
  /** The modules that the bundle is made of. */
  modules: readonly string[]
}

/** package.json's. */
export interface Manifest {
  version: string
  description: string
  license: string
  engines: { node: string }
}

export const readManifest = async (): Promise<Manifest> =>
  JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as Manifest

/** The last commit's time, or `SOURCE_DATE_EPOCH`. */
export async function readEpoch(): Promise<number> {
  const given = process.env['SOURCE_DATE_EPOCH']
  if (given !== undefined) return Number(given)
  const { stdout } = await promisify(execFile)('git', ['log', '-1', '--format=%ct'], { cwd: ROOT })
  return Number(stdout)
}
