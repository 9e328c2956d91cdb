/** Deepest JSON of a stranger's that is taken. A Sigstore bundle in a hook has about ten levels, a webhook of GitHub's fewer. */
export const MAX_LEVELS = 64

/**
 * Whether JSON holds lists and objects more than `levels` deep in each other. Reading such a text costs nothing, but whatever
 * walks it by calling itself, `JSON.stringify` among it, runs out of stack after some thousand levels. This does not.
 */
export function isDeeperThan(levels: number, json: unknown): boolean {
  let containers = [json].filter(isContainer)
  for (let depth = 0; containers.length > 0; depth++) {
    if (depth === levels) return true
    containers = containers.flatMap((each) => Object.values(each)).filter(isContainer)
  }
  return false
}

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null
