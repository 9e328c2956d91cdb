import type { Server } from 'node:http'
import { Worker } from 'node:worker_threads'
import type { Listener } from '../core/listeners.ts'
import type { Log } from '../core/log.ts'
import { shorten } from '../core/shorten.ts'
import { WATCHDOG_THREAD } from '../installed.ts'
import { memoryOfNotes, notesIn } from './under-way.ts'

const LOOK_MS = 1000
const REPORT_MS = 10_000
const END_MS = 60_000
const SHOWN_CHARACTERS = 200

/** Sees from a thread of its own whether this one goes on, says so on standard error when it does not, and then ends the process. */
export interface Watchdog {
  start(): void
  /** Notes what is under way until the function that it returns is called: a stall is likely in the newest of these. */
  begin(what: string): () => void
  stop(): Promise<void>
}

export interface WatchdogData {
  beats: Int32Array
  /** What is under way. */
  notes: SharedArrayBuffer
  lookMs: number
  /** What stands still for so long is reported, and for so long ended: the process dies by SIGALRM. */
  reportMs: number
  endMs: number
  /** Of the environment: what systemd's journal reads. */
  JOURNAL_STREAM: string | undefined
}

export function createWatchdog({
  log,
  environment = {},
  lookMs = LOOK_MS,
  reportMs = REPORT_MS,
  endMs = END_MS,
}: {
  log: Log
  environment?: Readonly<Record<string, string | undefined>>
  lookMs?: number
  reportMs?: number
  endMs?: number
}): Watchdog {
  const beats = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  const notes = memoryOfNotes()
  const note = notesIn(notes)
  let worker: Worker | undefined
  let beating: NodeJS.Timeout | undefined

  return {
    start() {
      const { JOURNAL_STREAM } = environment
      const workerData: WatchdogData = { beats, notes, lookMs, reportMs, endMs, JOURNAL_STREAM }
      worker = new Worker(WATCHDOG_THREAD, {
        eval: typeof WATCHDOG_THREAD === 'string',
        workerData,
        // it needs neither our options nor our secrets
        execArgv: [],
        env: {},
      })
      worker.unref()
      worker.on('error', (error) => log('error', 'nobody watches for stalls any more', { error }))
      beating = setInterval(() => Atomics.add(beats, 0, 1), lookMs).unref()
    },
    begin: (what) => note(shorten(what, SHOWN_CHARACTERS)),
    async stop() {
      clearInterval(beating)
      await worker?.terminate()
    },
  }
}

/** Notes each step while it runs. */
export function watchSteps(watchdog: Pick<Watchdog, 'begin'>): Listener {
  const ends = new Map<string, () => void>()
  return ({ id, app }, event) => {
    if (event.type !== 'step' && event.type !== 'finished') return
    // one step of a deployment runs at a time
    ends.get(id)?.()
    ends.delete(id)
    if (event.type !== 'step' || event.status !== 'running') return
    ends.set(id, watchdog.begin(`step ${event.step} of ${app} (${id})`))
  }
}

/** Notes each request until it is answered, without its query, which may hold secrets. */
export function watchRequests(server: Server, watchdog: Pick<Watchdog, 'begin'>): void {
  server.prependListener('request', ({ method, url = '' }, response) => {
    response.once('close', watchdog.begin(`request ${method} ${url.split('?', 1)[0]}`))
  })
}
