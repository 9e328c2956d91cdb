import { Readable } from 'node:stream'
import type Docker from 'dockerode'

const READ_MS = 10_000
/** Also for what asks a registry. */
const OTHER_MS = 60_000
/** Until a stream begins: of a pull, when the registry has answered. */
const STREAM_MS = 3 * 60_000

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
 * A stream has one until it begins, and is watched by those who read it. A call that is late fails with `ETIMEDOUT`; the engine may have acted.
 */
export function withDeadlines(docker: Docker): Docker {
  const modem = docker.modem as unknown as { dial: Dial }
  const dial = modem.dial.bind(modem)
  modem.dial = (call, done) => {
    const ms = deadlineOf(call)
    let over = false
    const end: Done = (error, data) => {
      if (over) {
        if (call.isStream === true && data instanceof Readable) data.destroy()
        return
      }
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

function deadlineOf({ method, path, isStream, options }: Call): number {
  if (isStream === true) return STREAM_MS
  if (method === 'GET' && !path.startsWith('/distribution/')) return READ_MS
  // a stop answers when the container has stopped
  return OTHER_MS + (options?.t ?? 0) * 1000
}
