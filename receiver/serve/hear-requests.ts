import type { Config } from '../config/config.ts'
import type { Clock } from '../core/clock.ts'
import type { Report } from '../core/log.ts'
import type { Visit } from '../core/traffic/traffic.ts'
import { type AccessLog, endHearing, hearAccessLog } from '../edges/access-log.ts'

/** Hears of requests while the config wants it. */
export function hearRequests({
  take,
  hear,
  clock,
  report,
}: {
  take(visit: Visit): void
  /** By which Nginx knows whether it hears. */
  hear(isOn: boolean): void
  clock: Pick<Clock, 'ms'>
  report: Report
}) {
  let log: AccessLog | undefined
  return {
    async follow({ accessLog, listen }: Pick<Config, 'accessLog' | 'listen'>): Promise<void> {
      if (!accessLog) {
        endHearing(hear)
        await this.close()
      } else log ??= hearAccessLog(listen.port, take, { hear, report, nowMs: clock.ms })
    },
    whyDeaf: () => log?.whyDeaf(),
    ignoredLines: () => log?.ignored() ?? 0,
    async close(): Promise<void> {
      const open = log
      log = undefined
      await open?.close()
    },
  }
}
