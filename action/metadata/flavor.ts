import { ActionError } from '../error.ts'

/** docker/metadata-action's `flavor`. */
export interface Flavor {
  latest: 'auto' | boolean
  prefix: string
  suffix: string
  prefixLatest: boolean
  suffixLatest: boolean
}

/**
 * Reads the input `flavor`: `latest=`, `prefix=` and `suffix=`; `onlatest=true` behind one of the last two means `latest` too.
 * @param lines fields of each line
 * @throws ActionError `bad_input`.
 */
export const parseFlavor = (lines: readonly (readonly string[])[]): Flavor => {
  const flavor: Flavor = {
    latest: 'auto',
    prefix: '',
    suffix: '',
    prefixLatest: false,
    suffixLatest: false,
  }
  for (const fields of lines) {
    let last: string | undefined
    for (const field of fields) {
      const [, name = '', value = ''] = /^([^=]*)=([^]*)$/.exec(field) ?? []
      const key = name.trim().toLowerCase()
      if (!setFlavor(flavor, { key, value: value.trim(), last })) throw notFlavor(fields)
      last = key
    }
  }
  return flavor
}

/** @returns whether there is such a thing. */
function setFlavor(
  flavor: Flavor,
  { key, value, last }: { key: string; value: string; last: string | undefined },
): boolean {
  switch (key) {
    case 'latest':
      if (!['auto', 'true', 'false'].includes(value)) return false
      flavor.latest = value === 'auto' ? 'auto' : value === 'true'
      return true
    case 'prefix':
    case 'suffix':
      flavor[key] = value
      return true
    case 'onlatest':
      if (!['true', 'false'].includes(value)) return false
      if (last === 'prefix' || last === 'suffix') flavor[`${last}Latest`] = value === 'true'
      return true
    default:
      return false
  }
}

const notFlavor = (fields: readonly string[]): ActionError =>
  new ActionError('bad_input', `input flavor: "${fields.join(',')}" is not one of its lines`, {
    hint: 'Write latest=auto (or true, false), prefix=… or suffix=…, with ,onlatest=true behind one of these two.',
  })
