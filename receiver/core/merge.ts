/** What several sources give, one at a time, in the order in which it comes. */
export interface Merged<T> extends AsyncIterable<T> {
  /** One more, also while it is read. */
  add(source: AsyncIterable<T>): void
}

/** Asks each source for the next thing when its last was taken: who reads slowly holds all of them up. Ends with the last of them. */
export function merge<T>(): Merged<T> {
  const come: { source: AsyncIterator<T>; result: Promise<IteratorResult<T>> }[] = []
  let open = 0
  let wake = () => {}
  const ask = (source: AsyncIterator<T>) => {
    const result = source.next()
    const arrive = () => {
      come.push({ source, result })
      wake()
    }
    result.then(arrive, arrive)
  }
  return {
    add(source) {
      open += 1
      ask(source[Symbol.asyncIterator]())
    },
    async *[Symbol.asyncIterator]() {
      while (open > 0) {
        const next = come.shift()
        if (next === undefined) {
          await new Promise<void>((resolve) => (wake = resolve))
          continue
        }
        const { done, value } = await next.result
        if (done === true) {
          open -= 1
          continue
        }
        yield value
        ask(next.source)
      }
    },
  }
}

/** What sources have that are in order each, in order: reads of each no further than one ahead. */
export async function* mergeInOrder<T>(
  sources: readonly AsyncIterable<T>[],
  isBefore: (one: T, other: T) => boolean,
): AsyncGenerator<T> {
  const heads: { source: AsyncIterator<T>; value: T }[] = []
  const take = async (source: AsyncIterator<T>) => {
    const { done, value } = await source.next()
    if (done === true) return
    const at = heads.findIndex((head) => isBefore(value, head.value))
    heads.splice(at === -1 ? heads.length : at, 0, { source, value })
  }
  for (const source of sources) await take(source[Symbol.asyncIterator]())
  for (let first = heads.shift(); first !== undefined; first = heads.shift()) {
    yield first.value
    await take(first.source)
  }
}
