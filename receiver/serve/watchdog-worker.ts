import { readFileSync, writeSync } from 'node:fs'
import { workerData } from 'node:worker_threads'
import { prefixOf } from '../journal-stream.ts'
import { createStall, starvedMsOf } from './stall.ts'
import { readNotes } from './under-way.ts'
import type { WatchdogData } from './watchdog.ts'

const SHOWN = 10
const { beats, notes, lookMs, reportMs, endMs, JOURNAL_STREAM } = workerData as WatchdogData
const prefix = prefixOf(2, { JOURNAL_STREAM })('error')
const stalledMs = createStall(lookMs)
let isReported = false

setInterval(() => {
  const ms = stalledMs({
    beats: Atomics.load(beats, 0),
    nowMs: performance.now(),
    starvedMs: starvedMs(),
  })
  if (ms === 0) isReported = false
  if (ms >= reportMs && !isReported) {
    isReported = true
    say('the receiver stands still', ms)
  }
  if (ms < endMs) return
  say('the receiver stands still and is ended, to be started again', ms)
  // the main thread cannot end the process, and no other may; nobody else sends this one, and it leaves no image of the memory
  process.kill(process.pid, 'SIGALRM')
}, lookMs)

/** Of the main thread; a kernel that does not count it leaves a busy machine to the pace of our own looks. */
function starvedMs(): number {
  try {
    return starvedMsOf(readFileSync('/proc/self/schedstat', 'utf8'))
  } catch {
    return 0
  }
}

/** As the log writes its lines, but at once: a stream of a worker goes through the main thread. */
function say(msg: string, ms: number): void {
  const line = {
    level: 'error',
    time: new Date().toISOString(),
    seconds: Math.round(ms / 1000),
    under_way: readNotes(notes, SHOWN),
    msg,
  }
  try {
    writeSync(2, `${prefix}${JSON.stringify(line)}\n`)
  } catch {
    // nobody reads it
  }
}
