import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { licencesOf } from '../licences.ts'
import type { Making } from './making.ts'
import { NODE_VERSION, nodeLicence } from './node-binary.ts'

export const NOTICES = 'THIRD-PARTY.txt'

/** Writes the terms of all that others made: of the libraries in the bundle, beside it, and of Node with them for what has it in it. */
export async function writeNotices({ out, modules }: Making): Promise<void> {
  const ofLibraries = await licencesOf(modules)
  await writeFile(join(out, 'receiver', NOTICES), ofLibraries)
  const ofNode = `node ${NODE_VERSION} (see below)\n\n${await nodeLicence()}\n${'-'.repeat(80)}\n\n`
  await writeFile(join(out, NOTICES), `${ofNode}${ofLibraries}`)
}
