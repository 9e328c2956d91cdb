import type { Finding } from '../core/finding.ts'
import { socketOf } from '../config/socket.ts'
import type { Options } from './options.ts'
import { ask } from './ask.ts'

/** `deploy-receiver doctor`: looks at all that a deployment needs; 1 when something is not as it has to be. */
export async function doctor({ config, json }: Options): Promise<number> {
  const { checks } = (await ask(socketOf(config, process.env), '/doctor')) as { checks: Finding[] }
  return showFindings(checks, json)
}

/** A line for each, and the remedy below what is wrong or unwise. */
export function showFindings(checks: readonly Finding[], json: boolean): number {
  if (json) console.log(JSON.stringify(checks))
  else {
    const width = Math.max(...checks.map(({ what }) => what.length))
    for (const { what, ok, message, hint } of checks) {
      const verdict = ok ? (hint === undefined ? 'ok  ' : 'warn') : 'FAIL'
      console.log(`${verdict}  ${what.padEnd(width)}  ${message}`)
      for (const line of hint?.split('\n') ?? []) {
        console.log(`      ${''.padEnd(width)}  ${line}`)
      }
    }
  }
  return checks.every(({ ok }) => ok) ? 0 : 1
}
