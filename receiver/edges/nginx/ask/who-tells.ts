import { OWN_VARIABLE } from '../render/variables.ts'
import { type Directive, readDump } from './server-blocks.ts'

/** A place at which Nginx passes requests on to an app, and whether it tells the receiver of them. */
export interface Telling {
  app: string
  isTold: boolean
  /** Logging is off there, goes elsewhere, is not spoken of at all, or the place is of a version that knew nothing of it. */
  why?: 'off' | 'other' | 'none' | 'older'
  /** Where that stands, if it does. */
  file?: string
}

/**
 * By what `nginx -T` prints, whether the receiver is told of the requests of each app, at each place that has it: one `access_log` takes
 * the place of all that stand further out. `undefined` when it printed no file.
 * @param port at which the receiver hears
 */
export function whoTells(dump: string, port: number): Telling[] | undefined {
  const read = readDump(dump)
  if (read === undefined) return undefined

  const look = (own: readonly Directive[], outer: Outer): Telling[] => {
    const logs = own.filter(({ name }) => name === 'access_log')
    const inForce = {
      logs: logs.length > 0 ? logs : outer.logs,
      slots: new Map([...outer.slots, ...own.flatMap(slotIn)]),
    }
    return [
      ...tellingOf(own, inForce, port),
      ...own
        .filter(({ name }) => name === 'server' || name === 'location')
        .flatMap(({ block = [] }) => look(read.within(block), inForce)),
    ]
  }
  return look(read.http, { logs: [], slots: new Map() })
}

interface Outer {
  logs: readonly Directive[]
  /** The app whose slot a variable has. */
  slots: ReadonlyMap<string, string>
}

/** What the first line of a location sets: that of two slots, or that of what an orchestrator publishes. */
const FIRST = /_(?:blue|service)$/

const slotIn = ({ name, args: [variable = '', value = ''] }: Directive): [string, string][] =>
  name === 'set' && FIRST.test(value) ? [[variable, value.replace(FIRST, '')]] : []

function tellingOf(own: readonly Directive[], { logs, slots }: Outer, port: number): Telling[] {
  const pass = own.find(({ name }) => name === 'proxy_pass' || name === 'grpc_pass')
  const [variable = ''] = /\$[a-z0-9_]+/.exec(pass?.args[0] ?? '') ?? []
  const app = slots.get(variable)
  if (pass === undefined || app === undefined) return []
  const saysSlot = own.some(({ name, args: [set] }) => name === 'set' && set === `$${OWN_VARIABLE}`)
  if (!saysSlot) return [{ app, isTold: false, why: 'older', file: pass.file }]
  const isOurs = ({ args: [to = ''] }: Directive) =>
    to.startsWith(`syslog:server=127.0.0.1:${port},`)
  if (logs.some(isOurs)) return [{ app, isTold: true }]
  const [first] = logs
  if (first === undefined) return [{ app, isTold: false, why: 'none' }]
  return [{ app, isTold: false, why: first.args[0] === 'off' ? 'off' : 'other', file: first.file }]
}
