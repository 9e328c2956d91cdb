import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import type { Settings } from '../../core/app.ts'
import { replaceFile } from '../durable.ts'

/** Rises when settings of an older version cannot be read as they are. */
const FORMAT = 2
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** The settings of releases, each kept once however many deployments had them. */
export interface SettingsVault {
  /** Keeps settings and gives their number: that of equal ones, if they were kept before. */
  keep(settings: Settings): number
  /** `undefined` when they cannot be read: another version wrote them, or the key is another one. */
  read(number: number): Settings | undefined
}

/**
 * Settings hold the apps' environment, so that they are encrypted (AES-256-GCM) with a key that lies in a file of its own:
 * a copy of the database shows no secret. Equal ones are found by an HMAC.
 */
export function createSettingsVault(database: DatabaseSync, key: Buffer): SettingsVault {
  const find = database.prepare('SELECT number FROM settings WHERE fingerprint = ?')
  const add = database.prepare('INSERT INTO settings (fingerprint, sealed) VALUES (?, ?)')
  const get = database.prepare('SELECT sealed FROM settings WHERE number = ?')
  const read = new Map<number, Settings | undefined>()

  return {
    keep(settings) {
      const text = JSON.stringify({ format: FORMAT, settings: sorted(settings) })
      const fingerprint = createHmac('sha256', key).update(text).digest()
      const known = find.get(fingerprint)?.['number']
      if (known !== undefined) return Number(known)
      return Number(add.run(fingerprint, seal(key, text)).lastInsertRowid)
    },
    read(number) {
      if (read.has(number)) return read.get(number)
      const sealed = get.get(number)?.['sealed'] as Uint8Array | undefined
      const settings = sealed === undefined ? undefined : open(key, Buffer.from(sealed))
      read.set(number, settings)
      return settings
    },
  }
}

/** The key in that file, which is made at first use. */
export function settingsKey(file: string): Buffer {
  try {
    const key = readFileSync(file)
    if (key.byteLength === KEY_BYTES) return key
    throw new Error(
      `${file} has ${key.byteLength} bytes, not ${KEY_BYTES}: put the right one back, or remove it, and rollbacks run with the current settings`,
    )
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const key = randomBytes(KEY_BYTES)
  // a crash leaves no key, or a whole one
  replaceFile(file, key, 0o600)
  return key
}

function seal(key: Buffer, text: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed])
}

function open(key: Buffer, sealed: Buffer): Settings | undefined {
  const nonce = sealed.subarray(0, NONCE_BYTES)
  const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES)
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
    decipher.setAuthTag(tag)
    const text = decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES))
    const read: unknown = JSON.parse(Buffer.concat([text, decipher.final()]).toString('utf8'))
    const { format, settings } = read as { format: number; settings: Settings }
    return format === FORMAT ? settings : undefined
  } catch {
    return undefined
  }
}

/** With the keys of every object in one order, so that equal settings are equal texts. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, each]) => [key, sorted(each)]),
  )
}
