/** Who runs what of a Compose project, as docs/compose.md has it. */
export function projectLine({
  name,
  service,
  before,
  after,
  compose,
}: {
  name: string
  service: string
  /** Services that run once before the app. */
  before: readonly string[]
  /** Those that are made anew after it. */
  after: readonly string[]
  /** What it waits for, and Compose runs. */
  compose: readonly string[]
}): string {
  const others = { 'before it': before, 'after it': after, 'waits for': compose }
  return [
    `the service ${service} of the Compose project ${name}`,
    ...Object.entries(others).flatMap(([what, services]) =>
      services.length === 0 ? [] : `${what}: ${services.join(', ')}`,
    ),
  ].join('; ')
}
