import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { removeFile, replaceFile } from '../durable.ts'

/** Which images Compose pulled for previews, on disk: those alone go with them. */
export interface PulledImages {
  /** Durable when it returns: before it is pulled. */
  add(reference: string): void
  all(): string[]
  forget(reference: string): void
}

/** @param data of the receiver */
export function createPulledImages(data: string): PulledImages {
  const folder = join(data, 'compose')
  // no app is called so: its file would end in `.yaml`
  const file = join(folder, 'pulled-images.json')
  const write = (all: readonly string[]) => {
    if (all.length === 0) return removeFile(file)
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    replaceFile(file, `${JSON.stringify(all)}\n`, 0o600)
  }
  const all = (): string[] => {
    try {
      const found: unknown = JSON.parse(readFileSync(file, 'utf8'))
      return Array.isArray(found) ? found.map(String) : []
    } catch {
      return []
    }
  }
  return {
    add(reference) {
      const known = all()
      if (!known.includes(reference)) write([...known, reference])
    },
    all,
    forget(reference) {
      const known = all()
      if (known.includes(reference)) write(known.filter((each) => each !== reference))
    },
  }
}
