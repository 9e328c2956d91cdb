import { Resolver } from 'node:dns/promises'
import type { CaaRecord } from 'node:dns'
import type { Answer, Caa, NameServers } from '../core/dns/records.ts'

const TIMEOUT_MS = 2000
const TRIES = 2
/** Of all questions together: several servers that are silent are asked one after the other. */
const DEADLINE_MS = 10_000

/** Asks the name servers of this machine, each question once. They are given up after a while, all together. */
export function askNameServers(servers?: readonly string[]): NameServers & { close(): void } {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES })
  if (servers !== undefined) resolver.setServers(servers)
  const deadline = setTimeout(() => resolver.cancel(), DEADLINE_MS)
  const caaOf = new Map<string, Promise<Answer<Caa>>>()
  return {
    a: (name) => answer(resolver.resolve4(name)),
    aaaa: (name) => answer(resolver.resolve6(name)),
    caa(name) {
      // domains have their ancestors in common
      const asked = caaOf.get(name) ?? answer(resolver.resolveCaa(name).then(readCaa))
      caaOf.set(name, asked)
      return asked
    },
    close() {
      clearTimeout(deadline)
      resolver.cancel()
    },
  }
}

async function answer<T>(asked: Promise<readonly T[]>): Promise<Answer<T>> {
  try {
    return await asked
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (code === 'ENODATA' || code === 'ENOTFOUND') return []
    return SILENT.has(code) ? 'silent' : 'failed'
  }
}

const SILENT = new Set(['ETIMEOUT', 'ECONNREFUSED', 'ECANCELLED'])

/** Who may give certificates by each of them; of the other ones it is enough that they are there. */
const readCaa = (records: readonly CaaRecord[]): Caa[] =>
  records.map(({ issue }) => (issue === undefined ? {} : { issue }))
