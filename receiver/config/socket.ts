import { existsSync } from 'node:fs'
import { createReader } from './reader.ts'
import { readSource } from './source.ts'

export const DEFAULT_SOCKET = '/run/deploy-receiver/deploy-receiver.sock'

/**
 * The local socket of a config file, for commands that ask the running receiver: nothing else of the file needs to be
 * right, nor its variables set. Without a file, the default. Throws `ConfigError` when it is no YAML.
 */
export function socketOf(file: string, env: Readonly<Record<string, string | undefined>>): string {
  if (!existsSync(file)) return DEFAULT_SOCKET
  const reader = createReader(file, readSource(file), env)
  return reader.text(reader.mapping(reader.root).get('socket')) ?? DEFAULT_SOCKET
}
