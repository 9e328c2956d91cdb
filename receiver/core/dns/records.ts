/** What came of a question: records, none, no answer at all, or one that the name server could not find. */
export type Answer<T> = readonly T[] | 'silent' | 'failed'

/** One CAA record (RFC 8659, section 4). */
export interface Caa {
  /** Who may give certificates, with parameters: `letsencrypt.org; validationmethods=http-01`. Absent: it says something else. */
  issue?: string
}

export interface NameServers {
  a: (name: string) => Promise<Answer<string>>
  aaaa: (name: string) => Promise<Answer<string>>
  caa: (name: string) => Promise<Answer<Caa>>
}

/** What the name servers say of a domain. */
export interface NameRecords {
  a: Answer<string>
  aaaa: Answer<string>
  /** Those of the closest name that has any, upwards; none when there is no CA to ask. */
  caa: { at: string; records: readonly Caa[] } | undefined
}

/** The part below which all is asked: a wildcard has no records of its own. */
const LABEL = 'deploy-receiver-asks'

/** Asks for all that is to be known of a domain. */
export async function askFor(
  domain: string,
  hasCa: boolean,
  servers: NameServers,
): Promise<NameRecords> {
  const name = domain.replace(/^\*/, LABEL)
  const [a, aaaa, caa] = await Promise.all([
    servers.a(name),
    servers.aaaa(name),
    hasCa ? climb(name, servers) : undefined,
  ])
  return { a, aaaa, caa }
}

/** RFC 8659, section 3: the closest ancestor that has any is the one that counts. */
async function climb(name: string, { caa }: NameServers): Promise<NameRecords['caa']> {
  const labels = name.split('.')
  const names = labels.map((_, from) => labels.slice(from).join('.'))
  const found = await Promise.all(names.map(async (at) => ({ at, records: await caa(at) })))
  for (const { at, records } of found) {
    // what no one can say of a closer one, those above do not say either
    if (typeof records === 'string') return undefined
    if (records.length > 0) return { at, records }
  }
  return undefined
}

/** Set aside for tests, examples and private networks (RFC 2606, RFC 6761, RFC 6762): the world's name servers know none of them. */
const NOBODYS =
  /(?:^|\.)(?:internal|localhost|test|local|invalid|example|example\.(?:com|net|org))$/

/** Whether the world's name servers are to know a domain. */
export const isPublicName = (domain: string): boolean =>
  domain.includes('.') && !/^[\d.]+$/.test(domain) && !domain.includes(':') && !NOBODYS.test(domain)
