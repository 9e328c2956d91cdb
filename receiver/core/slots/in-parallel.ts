/**
 * Runs the same for each replica at once. The first failure ends the others, and is what it throws once all have ended.
 */
export async function inParallel<T, R>(
  replicas: readonly T[],
  signal: AbortSignal,
  run: (replica: T, signal: AbortSignal) => Promise<R>,
): Promise<R[]> {
  const failed = new AbortController()
  const both = AbortSignal.any([signal, failed.signal])
  let first: { error: unknown } | undefined
  const all = await Promise.allSettled(
    replicas.map((replica) =>
      run(replica, both).catch((error: unknown) => {
        first ??= { error }
        failed.abort(error)
        throw error
      }),
    ),
  )
  signal.throwIfAborted()
  if (first !== undefined) throw first.error
  return all.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
}
