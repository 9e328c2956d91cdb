import type { Slot } from '../../core/slots/container.ts'
import { readIfThere } from './files.ts'
import { filesOf } from './app-files.ts'

/** What Nginx was told of an app. */
export interface KnownSite {
  /** The data directory whose flags it looks at. */
  data?: string
  /** Where each slot is; empty when its file does not say. */
  upstreams: Readonly<Record<Slot, readonly { address: string; port: number }[]>>
}

/** Reads what our own file for an app says, or said when it was written. Throws the file system's own error. */
export function readSite(directory: string, app: string): KnownSite {
  const [conf = '', slot = ''] = filesOf(directory, app).map((file) => readIfThere(file))
  const data = /\(-f (\/[A-Za-z0-9._/-]*)\/slots\/[a-z0-9-]{1,63}\/green\)/.exec(slot)?.[1]
  return {
    ...(data === undefined ? {} : { data }),
    upstreams: { blue: upstream(conf, `${app}_blue`), green: upstream(conf, `${app}_green`) },
  }
}

function upstream(conf: string, name: string): { address: string; port: number }[] {
  const line = conf.split('\n').find((each) => each.startsWith(`upstream ${name} {`)) ?? ''
  return line
    .matchAll(/server (\d{1,3}(?:\.\d{1,3}){3}):(\d{1,5})\b/g)
    .map(([, address = '', port]) => ({ address, port: Number(port) }))
    .toArray()
}
