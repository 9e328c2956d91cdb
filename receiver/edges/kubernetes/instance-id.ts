/** Whose output is meant: a container of a pod, or the one that was there before it crashed. */
export interface Printed {
  pod: string
  container: string
  previous: boolean
}

/** None of these names has a slash. */
export const instanceId = ({ pod, container, previous }: Printed): string =>
  `${pod}/${container}${previous ? '/before' : ''}`

export function printedBy(id: string): Printed {
  const [pod = '', container = '', before] = id.split('/')
  return { pod, container, previous: before !== undefined }
}
