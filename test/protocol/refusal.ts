import { ImageReferenceError, type ReferenceErrorCode } from '../../protocol/image-reference.ts'

/** The code with which a text is refused; none when it is read. */
export function codeOf(parse: () => unknown): ReferenceErrorCode | undefined {
  try {
    parse()
    return undefined
  } catch (error) {
    if (error instanceof ImageReferenceError) return error.code
    throw error
  }
}

/** The message with which a text is refused; empty when it is read. */
export function messageOf(parse: () => unknown): string {
  try {
    parse()
    return ''
  } catch (error) {
    if (error instanceof ImageReferenceError) return error.message
    throw error
  }
}
