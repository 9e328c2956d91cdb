import { existsSync, rmSync } from 'node:fs'
import { backup, DatabaseSync } from 'node:sqlite'
import type { Deployment } from '../../../protocol/deployment.ts'
import type { Passing } from '../../core/certificates/passing.ts'
import { createPassingCertificates } from './certificate-orders.ts'
import { explain, StoreInUse } from './schema.ts'

/** Copies a store as it is at one moment, while it is written to or not. The copy is a file that is not there yet. */
export async function copyStore(database: DatabaseSync, copy: string): Promise<void> {
  try {
    await backup(database, copy)
    // one file, that needs no other beside it
    const made = new DatabaseSync(copy)
    made.exec('PRAGMA journal_mode = DELETE')
    made.close()
  } catch (error) {
    rmSync(copy, { force: true })
    throw error
  }
}

/** The same of one that nobody has open. Throws an error with its remedy when somebody has. */
export async function copyClosedStore(file: string, copy: string): Promise<void> {
  const database = openClosed(file)
  try {
    await copyStore(database, copy)
  } finally {
    database.close()
  }
}

/** Throws an error with its remedy when a process has that store. One that is damaged is nobody's. */
export function refuseInUse(file: string): void {
  if (!existsSync(file)) return
  try {
    openClosed(file).close()
  } catch (error) {
    if (error instanceof StoreInUse) throw error
  }
}

function openClosed(file: string): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file, { timeout: 2000 })
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; COMMIT')
    return database
  } catch (error) {
    database?.close()
    throw explain(file, error)
  }
}

/** What a copy of any format holds that a person wants to know. */
export interface StoreContents {
  format: number
  installation?: string
  live: Deployment[]
  /** The ids of all that it remembers. */
  deployments: ReadonlySet<string>
  /** By app: the volumes of what its image has in VOLUMEs. */
  volumes: { app: string; volume: string }[]
  /** Apps that are previews of others: what they keep goes with them. */
  previews: ReadonlySet<string>
  /** Certificates that were had for them, and may lie on disk. */
  passing: Passing[]
}

/** Looks into a copy, and changes nothing. Throws when it is damaged. */
export function readCopy(copy: string): StoreContents {
  if (!existsSync(copy)) throw new Error(`${copy} is not there`)
  const database = new DatabaseSync(copy, { readOnly: true })
  try {
    const all = (sql: string) => database.prepare(sql).all()
    const hasTable = (name: string) =>
      all(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '${name}'`).length > 0
    const [check] = all('PRAGMA quick_check')
    if (check?.['quick_check'] !== 'ok') throw new Error(`the store in it is damaged`)
    const [installation] = hasTable('installation') ? all('SELECT id FROM installation') : []
    return {
      format: Number(all('PRAGMA user_version')[0]?.['user_version']),
      ...(installation === undefined ? {} : { installation: String(installation['id']) }),
      live: all(
        'SELECT record FROM live JOIN deployments USING (generation) ORDER BY live.app',
      ).map(({ record }) => JSON.parse(String(record)) as Deployment),
      deployments: new Set(all('SELECT id FROM deployments').map(({ id }) => String(id))),
      volumes: hasTable('volumes')
        ? all('SELECT app, volume FROM volumes ORDER BY app, volume').map(({ app, volume }) => ({
            app: String(app),
            volume: String(volume),
          }))
        : [],
      previews: new Set(
        hasTable('previews') ? all('SELECT app FROM previews').map(({ app }) => String(app)) : [],
      ),
      passing: hasTable('passing_certificates') ? createPassingCertificates(database).all() : [],
    }
  } finally {
    database.close()
  }
}
