/** How often something befell the containers of an app; `undefined` while the engine's events are not heard. */
export type Heard = (app: string) => number | undefined

/** Counts what the engine tells of each app's containers, and the times in which nobody listened: after those nothing is as it was. */
export interface Ear {
  heard: Heard
  /** Whether all that the engine tells is heard from now on. */
  listens(isOpen: boolean): void
  happened(event: { app: string }): void
}

export function createEar(): Ear {
  const counts = new Map<string, number>()
  let times = 0
  let isListening = false
  return {
    heard: (app) => (isListening ? times + (counts.get(app) ?? 0) : undefined),
    listens(isOpen) {
      times += 1
      isListening = isOpen
    },
    happened: ({ app }) => void counts.set(app, (counts.get(app) ?? 0) + 1),
  }
}
