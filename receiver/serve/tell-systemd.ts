import { request } from 'node:http'
import type { Report } from '../core/log.ts'
import { connectSystemd } from '../edges/systemd.ts'

/** What systemd is told of this process, from its start to its end. */
export interface SystemdTold {
  /** It answers; from now on with signs of life. Again after each `reloading`. */
  ready(status: string): void
  reloading(): void
  stopping(): void
}

/**
 * Tells systemd, if that is who started us. A sign of life goes out from this thread, and only after the receiver has
 * answered: one that stands still or hangs gives none, and is ended and started again.
 * @param environment says where it listens; what says so is taken out of it
 * @param isAlive asks the receiver itself; rejects when it does not answer
 */
export function tellSystemd(
  environment: NodeJS.ProcessEnv,
  { isAlive, report }: { isAlive: (signal: AbortSignal) => Promise<unknown>; report: Report },
): SystemdTold {
  const systemd = connectSystemd(environment, report)
  let beating: NodeJS.Timeout | undefined
  let isAsking = false

  const beat = async (everyMs: number) => {
    if (isAsking) return
    isAsking = true
    try {
      await isAlive(AbortSignal.timeout(everyMs))
      await systemd?.tell({ WATCHDOG: '1' })
    } catch (error) {
      report('the receiver does not answer itself: systemd gets no sign of life', { error })
    } finally {
      isAsking = false
    }
  }

  return {
    ready(status) {
      void systemd?.tell({ READY: '1', STATUS: status })
      if (systemd?.watchdogMs === undefined || beating !== undefined) return
      // as sd_watchdog_enabled(3) has it
      const everyMs = systemd.watchdogMs / 2
      beating = setInterval(() => void beat(everyMs), everyMs).unref()
    },
    reloading() {
      const microseconds = String(process.hrtime.bigint() / 1000n)
      void systemd?.tell({
        RELOADING: '1',
        MONOTONIC_USEC: microseconds,
        STATUS: 'reads its config',
      })
    },
    stopping() {
      clearInterval(beating)
      void systemd?.tell({ STOPPING: '1', STATUS: 'comes to an end; what runs goes on' })
    },
  }
}

/** Resolves once the receiver answers at its socket. Rejects when it does not. */
export const answersAt = (socketPath: string, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    request(
      { socketPath, path: '/healthz', headers: { host: 'localhost' }, signal },
      (incoming) => {
        incoming.resume().once('end', resolve).once('error', reject)
      },
    )
      .once('error', reject)
      .end()
  })
