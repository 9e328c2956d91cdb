import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { replaceFile } from '../durable.ts'
import { CERTBOT_DIRECTORY, lineageOf } from './places.ts'

export interface RenewalHook {
  installation: string
  /** Certbot's, if it is not its usual one. */
  directory?: string | undefined
  /** The receiver's program and config, by absolute paths. */
  program: string
  config: string
  /** Nginx's commands of the config. */
  nginx: { test: string; reload: string }
}

/**
 * Puts a script into the folder that Certbot runs after each renewal: it tells the receiver, and when none runs, has Nginx read its
 * files. Throws the file system's own error.
 */
export function installRenewalHook(hook: RenewalHook): void {
  const file = renewalHookFile(hook)
  const text = renewalHook(hook)
  try {
    if (readFileSync(file, 'utf8') === text) return
  } catch {
    // there is none yet
  }
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 })
  replaceFile(file, text, 0o755)
}

export const renewalHookFile = ({
  directory = CERTBOT_DIRECTORY,
  installation,
}: Pick<RenewalHook, 'directory' | 'installation'>): string =>
  join(directory, 'renewal-hooks/deploy', `deploy-receiver-${installation}`)

export const renewalHook = ({ program, config, nginx }: Omit<RenewalHook, 'directory'>): string =>
  `#!/bin/sh
# Written by deploy-receiver. Certbot runs it after each renewal: of what is not the receiver's it does nothing.
case "$(basename "$RENEWED_LINEAGE")" in ${lineageOf('*')}) ;; *) exit 0 ;; esac
${quoted(program)} --config ${quoted(config)} certificates --look >/dev/null 2>&1 && exit 0
# no receiver runs: it looks for itself when it starts
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
${nginx.test} && ${nginx.reload}
`

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`
