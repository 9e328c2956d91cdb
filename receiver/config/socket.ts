import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

export const DEFAULT_SOCKET = '/run/deploy-receiver/deploy-receiver.sock'

/**
 * The local socket of a config file, for commands that ask the running receiver: nothing else of the file needs to be
 * right, nor its variables set but those of `socket`. Without a file, the default. Throws `ConfigError` when it is no YAML.
 */
export function socketOf(file: string, env: Readonly<Record<string, string | undefined>>): string {
  const text = textOf(file)
  if (text?.includes('socket') === false) return DEFAULT_SOCKET
  const plain = /^socket: (\/[\w./-]+)$/m.exec(text ?? '')?.[1]
  if (plain !== undefined) return plain
  const { createReader, readSource, readVariables } = yaml()
  const reader = createReader(file, readSource(file), readVariables(file, env))
  return reader.text(reader.mapping(reader.root).get('socket')) ?? DEFAULT_SOCKET
}

/** `undefined`: whoever reads it as YAML says why it cannot be read. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? '' : undefined
  }
}

/** To load what reads YAML takes longer than all else that such a command does: a key at the margin with a path is read without it. */
function yaml() {
  const require = createRequire(import.meta.url)
  return {
    ...(require('./reader.ts') as typeof import('./reader.ts')),
    ...(require('./source.ts') as typeof import('./source.ts')),
    ...(require('./variables.ts') as typeof import('./variables.ts')),
  }
}
