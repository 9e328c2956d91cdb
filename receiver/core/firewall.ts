/** What UFW was told of packets that come in. */
export interface Ufw {
  /** What becomes of those that no rule is for. */
  otherwise: 'allow' | 'deny'
  /** Its `user.rules`: each rule is there in a comment, too, as it was given. */
  rules: string
}

/** Those of the ports, over TCP, that UFW lets nobody come to. */
export function closedPorts({ otherwise, rules }: Ufw, ports: readonly number[]): number[] {
  const all = rules.split('\n').flatMap((line) => parseRule(line) ?? [])
  return ports.filter((port) => {
    // the first that fits decides
    const rule = all.find((each) => decides(each, port))
    return (rule === undefined ? otherwise : rule.verdict) === 'deny'
  })
}

interface Rule {
  verdict: 'allow' | 'deny'
  /** `any`, `80`, `80,443`, `8000:8010`. */
  ports: string
  /** Whether it is for all that comes, and not for some networks or an interface alone. */
  isForAll: boolean
}

const MARK = '### tuple ### '

/**
 * `ACTION PROTOCOL PORTS TO PORTS FROM [APP APP] DIRECTION [comment=…]`, as UFW's `_write_rules` has it. Nothing for what goes out,
 * is routed on, or is not TCP.
 */
function parseRule(line: string): Rule | undefined {
  if (!line.startsWith(MARK)) return undefined
  const words = line
    .slice(MARK.length)
    .trim()
    .split(/\s+/)
    .filter((word) => !word.startsWith('comment='))
  const [action = '', protocol = '', ports = '', to = '', fromPorts = '', from = ''] = words
  const verdict = VERDICTS.get(action.split('_')[0] ?? '')
  // before it had directions all came in
  const direction = words.length === 7 || words.length === 9 ? (words.at(-1) ?? '') : 'in'
  const [way = '', device] = direction.split('_')
  if (verdict === undefined || !BY_TCP.has(protocol) || way !== 'in') return undefined
  const isForAll = isAny(to) && isAny(from) && fromPorts === 'any' && device === undefined
  return { verdict, ports, isForAll }
}

const VERDICTS: ReadonlyMap<string, Rule['verdict']> = new Map([
  ['allow', 'allow'],
  ['limit', 'allow'],
  ['deny', 'deny'],
  ['reject', 'deny'],
])

const BY_TCP = new Set(['tcp', 'any'])

const isAny = (network: string) => network === 'any' || network === '0.0.0.0/0'

/**
 * Who lets some come to a port has thought of it: proxies, say. Who trusts somebody with all ports, or keeps somebody out, has said nothing
 * of the others.
 */
function decides({ verdict, ports, isForAll }: Rule, port: number): boolean {
  if (ports === 'any') return isForAll
  if (verdict === 'deny' && !isForAll) return false
  return ports.split(',').some((each) => {
    const [first, last = first] = each.split(':')
    return Number(first) <= port && port <= Number(last)
  })
}
