import type Docker from 'dockerode'

const READ_MS = 10_000
/** Also for what asks a registry. */
const OTHER_MS = 60_000

interface Call {
  method: string
  path: string
  isStream?: boolean
  options?: { t?: number } | undefined
}
type Done = (error: unknown, data?: unknown) => void
type Dial = (call: Call, done: Done) => void

/**
 * Gives every call a deadline: the library never comes back from an answer that is cut, or from an engine that hangs.
 * Streams are watched by those who read them. A call that is late fails with `ETIMEDOUT`; the engine may have acted.
 */
export function withDeadlines(docker: Docker): Docker {
  const modem = docker.modem as unknown as { dial: Dial }
  const dial = modem.dial.bind(modem)
  modem.dial = (call, done) => {
    if (call.isStream === true) return dial(call, done)
    const ms = deadlineOf(call)
    let over = false
    const end: Done = (error, data) => {
      if (over) return
      over = true
      clearTimeout(timer)
      done(error, data)
    }
    const timer = setTimeout(
      () => end(Object.assign(new Error(`no answer within ${ms / 1000} s`), { code: 'ETIMEDOUT' })),
      ms,
    )
    dial(call, end)
  }
  return docker
}

function deadlineOf({ method, path, options }: Call): number {
  if (method === 'GET' && !path.startsWith('/distribution/')) return READ_MS
  // a stop answers when the container has stopped
  return OTHER_MS + (options?.t ?? 0) * 1000
}
