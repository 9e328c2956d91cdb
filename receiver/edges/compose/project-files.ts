import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parse } from 'yaml'
import type { ComposeSource } from '../../core/project/project.ts'

/** More files than a project has; two may include each other. */
const MOST_FILES = 200
const MOST_BYTES = 1024 * 1024

/**
 * The files that a project is made of: its own, `.env`, and what they name: `include`, `extends`, env files, and the files of configs
 * and secrets. What is wrong with them Compose says; here a file that cannot be read names nothing. Paths that variables make are
 * given as they stand there.
 */
export function projectFiles({ files, envFile }: ComposeSource): string[] {
  const folder = dirname(files[0] ?? '/')
  const dotEnv = join(folder, '.env')
  const found = new Set([
    ...files,
    ...(envFile !== undefined ? [envFile] : existsSync(dotEnv) ? [dotEnv] : []),
  ])
  const read = (file: string, base: string) => {
    for (const { path, isCompose, mayBeMissing } of namedIn(contentOf(file))) {
      const named = resolve(base, path)
      if (found.size >= MOST_FILES || found.has(named)) continue
      if (mayBeMissing && !existsSync(named)) continue
      found.add(named)
      if (isCompose) read(named, dirname(named))
    }
  }
  // all of those that are given together are read from the folder of the first
  for (const file of files) read(file, folder)
  return [...found]
}

interface Named {
  path: string
  /** It may name further ones. */
  isCompose: boolean
  mayBeMissing: boolean
}

function namedIn(content: unknown): Named[] {
  const { include, services, configs, secrets } = record(content)
  const compose = (each: unknown) => pathsIn(each, true)
  const plain = (each: unknown) => pathsIn(each, false)
  return [
    ...items(include).flatMap((each) => [
      ...compose(typeof each === 'string' ? each : record(each)['path']),
      ...plain(record(each)['env_file']),
    ]),
    ...Object.values(record(services)).flatMap((service) => {
      const { extends: base, env_file: env, label_file: labels } = record(service)
      return [...compose(record(base)['file']), ...plain(env), ...plain(labels)]
    }),
    ...[configs, secrets].flatMap((declared) =>
      Object.values(record(declared)).flatMap((each) => plain(record(each)['file'])),
    ),
  ]
}

function contentOf(file: string): unknown {
  try {
    return statSync(file).size > MOST_BYTES ? undefined : parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

/** `a`, `[a, b]`, `[{ path: a, required: false }]`. */
const pathsIn = (value: unknown, isCompose: boolean): Named[] =>
  items(value).flatMap((each) => {
    const { path, required } = typeof each === 'string' ? { path: each } : record(each)
    return typeof path === 'string' ? { path, isCompose, mayBeMissing: required === false } : []
  })

const items = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value]

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}
