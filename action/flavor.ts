import { ActionError } from './error.ts'
import { parseFields } from './lists.ts'

/** docker/metadata-action's `flavor`. */
export interface Flavor {
  latest: 'auto' | boolean
  prefix: string
  suffix: string
  prefixLatest: boolean
  suffixLatest: boolean
}

/**
 * Reads the input `flavor`: lines of `latest=`, `prefix=` and `suffix=`; `onlatest=true` behind one of these means `latest` too.
 * @throws ActionError `bad_input`.
 */
export const parseFlavor = (lines: readonly string[]): Flavor => {
  const flavor: Flavor = {
    latest: 'auto',
    prefix: '',
    suffix: '',
    prefixLatest: false,
    suffixLatest: false,
  }
  for (const line of lines) {
    const attributes = parseAttributes(line, 'flavor')
    const [name = '', value = ''] = Object.entries(attributes)[0] ?? []
    const onLatest = attributes['onlatest'] === 'true'
    if (name === 'latest' && ['auto', 'true', 'false'].includes(value)) {
      flavor.latest = value === 'auto' ? 'auto' : value === 'true'
    } else if (name === 'prefix') Object.assign(flavor, { prefix: value, prefixLatest: onLatest })
    else if (name === 'suffix') Object.assign(flavor, { suffix: value, suffixLatest: onLatest })
    else {
      throw new ActionError('bad_input', `input flavor: "${line}" is not one of its lines`, {
        hint: 'Write latest=auto (or true, false), prefix=… or suffix=…, with ,onlatest=true behind it.',
      })
    }
  }
  return flavor
}

/** `name=value` fields of one line, names in lower case. */
export function parseAttributes(line: string, name: string): Record<string, string> {
  const pairs = parseFields(line, name).map((field): [string, string] => {
    const at = field.indexOf('=')
    return at === -1
      ? [field.trim().toLowerCase(), '']
      : [field.slice(0, at).trim().toLowerCase(), field.slice(at + 1).trim()]
  })
  return Object.fromEntries(pairs)
}
