/** Pieces of work, one after the other. */
export interface Turns {
  inTurn<T>(work: () => Promise<T>): Promise<T>
  /**
   * Work that can be done for several wishes as well as for one: those that wait side by side share a turn. Where that fails, each
   * is done by itself, in the same turn, so that nobody hears of what is wrong with another.
   */
  together<Wish, Done>(
    work: (wishes: readonly Wish[]) => Promise<Done>,
  ): (wish: Wish) => Promise<Done>
}

export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve()
  /** The last of all that waits, where it takes more wishes: whatever comes after it closes it, and so stays after it. */
  let open: unknown
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    open = undefined
    const mine = last.then(work)
    last = mine.catch(() => undefined)
    return mine
  }
  return {
    inTurn,
    together<Wish, Done>(work: (wishes: readonly Wish[]) => Promise<Done>) {
      const begin = () => {
        const wishes: Wish[] = []
        const outcomes = inTurn(() => {
          if (open === wishes) open = undefined
          return outcomesOf(wishes, work)
        })
        open = wishes
        return { wishes, outcomes }
      }
      let group: ReturnType<typeof begin> | undefined
      return async (wish: Wish) => {
        if (group === undefined || group.wishes !== open) group = begin()
        const { wishes, outcomes } = group
        const at = wishes.push(wish) - 1
        const outcome = (await outcomes)[at]
        if (outcome?.status !== 'fulfilled') throw outcome?.reason
        return outcome.value
      }
    },
  }
}

async function outcomesOf<Wish, Done>(
  wishes: readonly Wish[],
  work: (wishes: readonly Wish[]) => Promise<Done>,
): Promise<PromiseSettledResult<Done>[]> {
  const [ofAll] = await Promise.allSettled([work(wishes)])
  if (wishes.length === 1 || ofAll.status === 'fulfilled') return wishes.map(() => ofAll)
  const outcomes: PromiseSettledResult<Done>[] = []
  for (const wish of wishes) outcomes.push(...(await Promise.allSettled([work([wish])])))
  return outcomes
}
