import { isDeepStrictEqual } from 'node:util'
import type { Config } from './config.ts'

/** What a new config changes, by name. */
export interface Changes {
  added: string[]
  changed: string[]
  /** Apps that are no longer in it. */
  removed: string[]
  /** Other keys than `apps`. */
  keys: string[]
}

export interface ReloadOptions {
  /** Nginx files of ours that somebody edited are written anew. */
  overwrite: boolean
}

/** What a reload changed, and what of Nginx's files somebody edited. */
export interface Reloaded extends Changes {
  /** These are left alone. */
  edited: { file: string; difference: readonly string[] }[]
  overwritten: string[]
  /** Of Nginx, and of apps that it does not serve. */
  warnings: readonly string[]
}

/** What a receiver holds as long as it runs: addresses, the store's directory, the network, Nginx's commands. */
const FIXED = ['listen', 'socket', 'admin', 'data', 'network', 'nginx'] as const

/** As the file has it: `log_level`. */
const asWritten = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** Compares two configs. Throws an error that names what takes a restart. */
export function changesOf(before: Config, after: Config): Changes {
  const fixed = FIXED.filter((key) => !isDeepStrictEqual(before[key], after[key]))
  if (fixed.length > 0) {
    throw Object.assign(new Error(`${fixed.join(', ')}: a change of this takes a restart`), {
      hint: 'systemctl restart deploy-receiver (no request notices), or put it back as it was',
    })
  }
  const names = Object.keys({ ...before.apps, ...after.apps })
  const has = ({ apps }: Config, name: string) => Object.hasOwn(apps, name)
  const keys = Object.keys(after) as (keyof Config)[]
  return {
    added: names.filter((name) => !has(before, name)),
    changed: names.filter(
      (name) =>
        has(before, name) &&
        has(after, name) &&
        !isDeepStrictEqual(before.apps[name], after.apps[name]),
    ),
    removed: names.filter((name) => !has(after, name)),
    keys: keys
      .filter((key) => key !== 'apps' && !isDeepStrictEqual(before[key], after[key]))
      .map(asWritten),
  }
}
