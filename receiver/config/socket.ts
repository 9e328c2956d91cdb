import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

export const DEFAULT_SOCKET = '/run/deploy-receiver/deploy-receiver.sock'

/**
 * The local socket of a config file, for commands that ask the running receiver: nothing else of the file needs to be
 * right, nor its variables set. Without a file, the default. Throws `ConfigError` when it is no YAML.
 */
export function socketOf(file: string, env: Readonly<Record<string, string | undefined>>): string {
  if (!namesOne(file)) return DEFAULT_SOCKET
  const { createReader, readSource } = yaml()
  const reader = createReader(file, readSource(file), env)
  return reader.text(reader.mapping(reader.root).get('socket')) ?? DEFAULT_SOCKET
}

/** Most configs do not. */
function namesOne(file: string): boolean {
  try {
    return readFileSync(file, 'utf8').includes('socket')
  } catch (error) {
    // who reads it says why it cannot be read
    return (error as NodeJS.ErrnoException).code !== 'ENOENT'
  }
}

/** To load what reads YAML takes longer than all else that such a command does. */
function yaml() {
  const load = createRequire(import.meta.url)
  return {
    ...(load('./reader.ts') as typeof import('./reader.ts')),
    ...(load('./source.ts') as typeof import('./source.ts')),
  }
}
