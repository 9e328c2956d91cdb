import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const SECRET_NAME = /(?:(?:password|secret|token|credential)s?|(?:^|[_-])key)$/i
/** Shorter ones would be found by chance. */
const SHORTEST = 8
const DEPTH = 4

/** What a receiver was given that nobody may read in what it leaves. */
interface Guarded {
  dir: string
  data: string
  secrets: readonly string[]
}
const guarded: Guarded[] = []

/** File to which every guarded secret is written, for `watchCommandLines`; a variable, so that other processes have it too. */
export const SECRETS_FILE = 'DEPLOY_TEST_SECRETS_FILE'

/** Has everything that runs in `dir` searched for the secrets of a receiver's config and environment at its end. */
export function guardSecrets(
  dir: string,
  { config, env }: { config: Record<string, unknown>; env: Readonly<Record<string, string>> },
): void {
  const secrets = secretsIn({ ...config, env })
  guarded.push({ dir, data: String(config['data']), secrets })
  noteSecrets(secrets)
}

/** Has the command lines of all programs searched for these. */
export function noteSecrets(secrets: readonly string[]): void {
  const file = process.env[SECRETS_FILE]
  if (file === undefined || secrets.length === 0) return
  appendFileSync(file, secrets.map((secret) => `${JSON.stringify(secret)}\n`).join(''), {
    mode: 0o600,
  })
}

/** Where a guarded secret can be read below a directory: in a log of any program, or in a receiver's store. */
export function leaksBelow(dir: string): string[] {
  const logs = filesBelow(dir, DEPTH).filter((file) => file.endsWith('.log'))
  const logged = logs.map((file) => ({ file, text: readFileSync(file, 'latin1') }))
  return guarded
    .filter((each) => each.dir.startsWith(dir))
    .flatMap(({ data, secrets }) => {
      const stored = storesIn(data).flatMap((file) => [
        { file, text: readFileSync(file, 'latin1') },
        { file, text: rowsOf(file) },
      ])
      return [...logged, ...stored]
        .filter(({ text }) => secrets.some((secret) => tells(text, secret)))
        .map(({ file }) => `${relative(dir, file)} holds a secret that a receiver was given`)
    })
}

/** Whether a text holds a secret, as it is or as programs write it. */
export function tells(text: string, secret: string): boolean {
  const bytes = Buffer.from(secret)
  const forms = [
    secret,
    ...[0, 1, 2].map((offset) => base64Within(bytes, offset)),
    bytes.toString('hex'),
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
  ]
  return forms.some((form) => text.includes(form))
}

/** What stands in base64 of any text that holds these bytes so many bytes behind a multiple of three. */
function base64Within(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64')
  const tail = text.endsWith('=') ? text.replace(/.=+$/, '') : text
  return tail.slice(offset === 0 ? 0 : offset + 1)
}

/** The values below names that speak of secrets; what stands in the environment is not meant by its `${NAME}`. */
export function secretsIn(value: unknown, name = ''): string[] {
  if (typeof value === 'string') {
    return SECRET_NAME.test(name) && value.length >= SHORTEST && !value.includes('${')
      ? [value]
      : []
  }
  if (Array.isArray(value)) return value.flatMap((each) => secretsIn(each, name))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, each]) => secretsIn(each, key))
}

/** The command line of every program of this machine, as `ps` shows it. */
export const commandLines = (): string[] => pids().flatMap(commandLineOf)

const pids = () => readdirSync('/proc').filter((name) => /^\d+$/.test(name))

function commandLineOf(pid: string): string[] {
  try {
    return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')]
  } catch {
    // it ended in this moment
    return []
  }
}

/** A program has its words from its start, or from that of the shell that becomes it. */
const LOOKS = 10

/** Looks at those of young programs again and again. */
export function watchCommandLines(everyMs: number): { stop(): string[] } {
  const seen = new Set<string>()
  let looks = new Map<string, number>()
  const timer = setInterval(() => {
    const before = looks
    looks = new Map(pids().map((pid) => [pid, (before.get(pid) ?? 0) + 1]))
    for (const [pid, times] of looks) {
      if (times <= LOOKS) commandLineOf(pid).forEach((line) => seen.add(line))
    }
  }, everyMs)
  return {
    stop() {
      clearInterval(timer)
      return [...seen]
    },
  }
}

/** What was noted by all processes of this run. */
export function notedSecrets(): string[] {
  const file = process.env[SECRETS_FILE] ?? ''
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  return [...new Set(lines.map((line) => JSON.parse(line) as string))]
}

const storesIn = (data: string) =>
  existsSync(data)
    ? readdirSync(data)
        .filter((name) => /\.db(?:-wal)?$/.test(name))
        .map((name) => join(data, name))
    : []

/** Everything in a store, as text: a long row lies in several pieces in its file. */
function rowsOf(file: string): string {
  if (!file.endsWith('.db')) return ''
  // a receiver that still runs has it locked
  const copy = join(mkdtempSync(join(tmpdir(), 'leaks-')), 'copy.db')
  copyFileSync(file, copy)
  if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${copy}-wal`)
  const database = new DatabaseSync(copy)
  try {
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()
    return tables
      .flatMap(({ name }) => database.prepare(`SELECT * FROM "${String(name)}"`).all())
      .map((row) =>
        Object.values(row)
          .map((value) =>
            value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value),
          )
          .join('\n'),
      )
      .join('\n')
  } finally {
    database.close()
    rmSync(dirname(copy), { recursive: true })
  }
}

function filesBelow(dir: string, depth: number): string[] {
  if (depth === 0 || !existsSync(dir)) return []
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name)
    if (entry.isDirectory()) return filesBelow(path, depth - 1)
    return entry.isFile() ? [path] : []
  })
}
