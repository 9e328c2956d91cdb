import { onThisMachine } from '../../core/app.ts'
import type { Context } from 'hono'
import type { Deployment } from '../../../protocol/deployment.ts'
import { DeployError } from '../../core/errors.ts'
import type { StoredDeployment } from '../../core/journal.ts'
import type { LogEntry, LogOptions } from '../../core/slots/logs.ts'
import { appNamed } from '../apps.ts'
import type { Project } from '../../core/project/project.ts'
import { ProblemError } from '../problem.ts'
import { deploymentNamed, type FindServices } from './find.ts'

/** Each reads of the engine as long as it is open. */
const MOST_AT_ONCE = 32

export interface LogServices extends FindServices {
  archive: FindServices['archive'] & {
    live(app: string): StoredDeployment | undefined
    get(id: string): StoredDeployment | undefined
    newest(app: string): StoredDeployment | undefined
  }
  readLogs(
    stored: StoredDeployment,
    options: LogOptions,
    signal: AbortSignal,
  ): AsyncGenerator<LogEntry>
  /** Aborts when the receiver stops: open streams end. */
  stopping: AbortSignal
}

/** A log that is read: its first entry is there, and all others come as they are asked for. */
export interface OpenLog {
  first: IteratorResult<LogEntry>
  entries: AsyncGenerator<LogEntry>
  /** Nobody reads it any more. */
  end(): void
}

/** Opens logs, so many at once. Throws `ProblemError`. */
export function createOpenLog(services: LogServices) {
  let open = 0
  return async (app: string, of: string, options: LogOptions): Promise<OpenLog> => {
    const stored = wanted(of, app, services)
    requireService(options.service, app, services)
    if (open >= MOST_AT_ONCE) {
      throw new ProblemError('busy', `${open} logs are being read already`, {
        hint: 'end one of them: each deploy-receiver logs -f is one',
        headers: { 'retry-after': '10' },
      })
    }
    const ending = new AbortController()
    const signal = AbortSignal.any([ending.signal, services.stopping])
    const entries = services.readLogs(stored, options, signal)
    open += 1
    let isOpen = true
    const end = () => {
      if (isOpen) open -= 1
      isOpen = false
      ending.abort(new Error('nobody reads it any more'))
    }
    try {
      // what cannot be read at all is an answer of its own
      const first = await entries.next()
      if (first.done !== true && first.value.kind === 'of' && first.value.replicas === 0) {
        throw nothingKept(stored.deployment)
      }
      return { first, entries, end }
    } catch (error) {
      end()
      if (!(error instanceof DeployError)) throw error
      const { message, hint } = error
      throw new ProblemError('engine_failed', message, hint === undefined ? {} : { hint })
    }
  }
}

/**
 * `GET /apps/{app}/logs?of=live|previous|{deployment}&follow=&tail=&since=&service=`: a JSON object a line, as they come; who reads slowly
 * is waited for.
 */
export function createLogs(services: LogServices): (c: Context, app: string) => Promise<Response> {
  const openLog = createOpenLog(services)
  return async (c, app) => {
    const log = await openLog(app, c.req.query('of') ?? 'live', optionsOf(c))
    return new Response(asLines(log, services.stopping), {
      headers: { 'content-type': 'application/x-ndjson' },
    })
  }
}

function wanted(of: string, name: string, services: LogServices): StoredDeployment {
  const { archive } = services
  const { spec } = appNamed(name, services.apps)
  const live = archive.live(spec.name)
  if (of === 'live') return live ?? nothingLive(spec.name, archive.newest(spec.name)?.deployment)
  const previous = live?.deployment.previous?.deployment
  if (of === 'previous' && previous === undefined) {
    throw new ProblemError('no_log', `nothing was live of ${name} before what is live now`, {
      hint: `deploy-receiver history ${name} lists its deployments; --deployment names one`,
    })
  }
  const found = deploymentNamed(of === 'previous' ? (previous ?? '') : of, services)
  if (found.app !== name) {
    throw new ProblemError('unknown_deployment', `${found.id} is a deployment of ${found.app}`, {
      hint: `deploy-receiver logs ${found.app} --deployment ${found.id}`,
    })
  }
  return archive.get(found.id) as StoredDeployment
}

function nothingLive(app: string, newest: Deployment | undefined): never {
  throw new ProblemError('no_log', `nothing of ${app} is live`, {
    hint:
      newest === undefined
        ? `deploy it first: deploy-receiver deploy ${app}`
        : `deploy-receiver logs ${app} --deployment ${newest.id} is that of the last one, which ${newest.status}`,
  })
}

/** A service that there is not has no log. */
function requireService(
  service: string | undefined,
  app: string,
  { apps }: Pick<LogServices, 'apps'>,
): void {
  const { project } = onThisMachine(appNamed(app, apps).spec)
  const workers = (project?.workers ?? []).map(({ name }) => name)
  if (service === undefined || workers.includes(service)) return
  throw new ProblemError('no_log', `${JSON.stringify(service)} does not follow ${app}`, {
    hint: hintOf(service, app, project),
  })
}

/** Where else the words of a service are. */
function hintOf(service: string, app: string, project: Project | undefined): string {
  if (project === undefined) {
    return `${app} is not a service of a Compose project: leave --service out`
  }
  const { oneOffs, workers, dependencies } = project
  if (service === project.service) return `it is the app itself: deploy-receiver logs ${app}`
  if (oneOffs.some(({ name }) => name === service)) {
    return `it runs once before the start: whoever deploys sees its lines, and deploy-receiver show ${app} has the last ones if it failed`
  }
  if (dependencies.some((each) => each.service === service)) {
    return `it is Compose's: deploy-receiver compose ${app} -- logs ${service}`
  }
  const names = workers.map(({ name }) => name).join(', ') || 'none'
  return `these do: ${names}; those of Compose have deploy-receiver compose ${app} -- logs SERVICE`
}

const nothingKept = ({ id, app }: Deployment) =>
  new ProblemError('no_log', `no log of ${id} is kept`, {
    hint: `deploy-receiver show ${id} has the last lines if it failed; logs are kept of the last deployments, by apps.${app}.keep`,
  })

function optionsOf(c: Context): LogOptions {
  const { of = 'live', follow = 'false', tail = 'all', since, service } = c.req.query()
  if (tail !== 'all' && !/^\d{1,6}$/.test(tail)) {
    throw new ProblemError('malformed_body', `tail is ${JSON.stringify(tail)}`, {
      hint: 'a number of lines, or all',
    })
  }
  if (since !== undefined && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/.test(since)) {
    throw new ProblemError('malformed_body', `since is ${JSON.stringify(since)}`, {
      hint: 'a moment to the nanosecond: 2026-03-01T12:00:00.000000000Z',
    })
  }
  return {
    ...(tail === 'all' ? {} : { tail: Number(tail) }),
    ...(since === undefined ? {} : { since }),
    ...(service === undefined ? {} : { service }),
    ...(follow === 'true' ? { follow: of === 'live' ? 'live' : 'it' } : {}),
  }
}

/** One entry is asked for when one is wanted. */
function asLines(
  { first, entries, end }: OpenLog,
  stopping: AbortSignal,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let next: IteratorResult<LogEntry> | undefined = first
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = next ?? (await entries.next())
        next = undefined
        if (done !== true) {
          controller.enqueue(encoder.encode(`${JSON.stringify(value)}\n`))
          return
        }
        end()
        // whoever follows it has to know that this is not its end
        stopping.throwIfAborted()
        controller.close()
      } catch (error) {
        end()
        controller.error(error)
      }
    },
    cancel: end,
  })
}
