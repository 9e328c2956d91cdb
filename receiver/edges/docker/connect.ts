import Docker from 'dockerode'
import { DeployError } from '../../core/errors.ts'
import { withDeadlines } from './deadlines.ts'
import { NO_RIGHT } from './errors.ts'

/** Docker 20.10's API, the oldest that the receiver speaks. */
const OLDEST_API = '1.41'
/** The newest that it was written against. */
const NEWEST_API = '1.51'

/**
 * Connects to the engine that `DOCKER_HOST` names (the local socket by default) and agrees on an API version. Throws
 * `engine_unreachable` when no engine answers, or one that is too old.
 */
export async function connectDocker(environment: NodeJS.ProcessEnv): Promise<Docker> {
  const host = environment['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock'
  // other than local sockets (tcp, ssh, TLS) the client library reads from the environment itself
  const where = host.startsWith('unix://') ? { socketPath: host.slice('unix://'.length) } : {}
  const { ApiVersion: offered, Version: engine } = await askVersion(
    withDeadlines(new Docker(where)),
    host,
  )
  if (compare(offered, OLDEST_API) < 0) {
    throw new DeployError(
      'engine_unreachable',
      `Docker ${engine} at ${host} speaks API ${offered}; ${OLDEST_API} (Docker 20.10) or newer is needed`,
      { hint: 'upgrade Docker' },
    )
  }
  const version = `v${compare(offered, NEWEST_API) < 0 ? offered : NEWEST_API}`
  return withDeadlines(new Docker({ ...where, version }))
}

/** Where no app is Docker's: nothing answers it. */
export const withoutDocker = (): Docker =>
  withDeadlines(new Docker({ socketPath: '/nonexistent/no-app-is-of-docker.sock' }))

async function askVersion(docker: Docker, host: string) {
  try {
    return await docker.version()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new DeployError('engine_unreachable', `no Docker engine answers at ${host}: ${reason}`, {
      hint: hintOf((cause as { code?: unknown }).code, reason),
      cause,
    })
  }
}

function hintOf(code: unknown, reason: string): string {
  if (/EACCES/.test(reason)) return NO_RIGHT
  // it takes the connection, so that a start would do nothing
  if (code === 'ETIMEDOUT')
    return 'it hangs, or this machine is very busy: if it stays so, systemctl restart docker'
  return 'start Docker (systemctl start docker), or set DOCKER_HOST to where it listens'
}

/** Compares `major.minor`. */
function compare(one: string, other: string): number {
  const [major = 0, minor = 0] = one.split('.').map(Number)
  const [otherMajor = 0, otherMinor = 0] = other.split('.').map(Number)
  return major - otherMajor || minor - otherMinor
}
