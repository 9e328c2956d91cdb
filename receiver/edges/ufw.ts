import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Ufw } from '../core/firewall.ts'

/** What UFW was told; `undefined` when it is not there, is off, or its files are not ours to read. */
export function readUfw(directory = '/etc'): Ufw | undefined {
  try {
    const read = (file: string) => readFileSync(join(directory, file), 'utf8')
    if (!/^ENABLED="?yes"?[ \t]*$/im.test(read('ufw/ufw.conf'))) return undefined
    const accepts = /^DEFAULT_INPUT_POLICY="?ACCEPT"?[ \t]*$/im.test(read('default/ufw'))
    return { otherwise: accepts ? 'allow' : 'deny', rules: read('ufw/user.rules') }
  } catch {
    return undefined
  }
}
