import { ActionError } from '../error.ts'
import { parseAttributes } from './rules.ts'

/**
 * Reads the input `images` of docker/metadata-action: repositories, one a line, bare or as `name=…,enable=…`. A single line may
 * hold several bare ones.
 * @param lines fields of each line
 * @returns those that are enabled, in lower case
 * @throws ActionError `bad_input`.
 */
export const parseImages = (lines: readonly (readonly string[])[]): string[] => {
  const [first = []] = lines
  const isPlain = lines.length === 1 && first.every((field) => !field.includes('='))
  const images = isPlain ? first.filter((field) => field !== '').map(plain) : lines.map(parseImage)
  const enabled = images.filter(({ isEnabled }) => isEnabled).map(({ name }) => name)
  if (enabled.length > 0 || images.length === 0) return enabled
  throw new ActionError('bad_input', 'input images: none of them is enabled', {
    hint: 'Enable one, or run the step only when one is: if: ….',
  })
}

interface ImageLine {
  name: string
  isEnabled: boolean
}

const plain = (name: string): ImageLine => ({ name: name.toLowerCase(), isEnabled: true })

function parseImage(fields: readonly string[]): ImageLine {
  const { name = '', enable = 'true', ...others } = parseAttributes(fields, 'name')
  const isKnown = Object.keys(others).length === 0 && ['true', 'false'].includes(enable)
  if (name !== '' && isKnown) return { name: name.toLowerCase(), isEnabled: enable === 'true' }
  throw new ActionError('bad_input', `input images: "${fields.join(',')}" is not an image`, {
    hint: 'Write ghcr.io/acme/api, or name=ghcr.io/acme/api,enable=true (or false).',
  })
}
