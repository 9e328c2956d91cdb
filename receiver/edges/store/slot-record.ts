import type { DatabaseSync } from 'node:sqlite'
import { DeployError } from '../../core/errors.ts'
import { roomIn } from '../../core/previews/room.ts'
import type { Slot } from '../../core/slots/container.ts'
import type { SlotRecord, Upstream } from '../../core/slots/ports.ts'
import { blockOf, blocksOf, divide } from '../subnet.ts'
import { transaction } from './transaction.ts'

/** Where the slots of apps are: their addresses, what Nginx has to know of them, and whose containers stand there. */
export interface StoredSlots extends SlotRecord {
  /** Keeps the address that a container has already, whoever had it before by this record. */
  keepAddress(app: string, slot: Slot, replica: number, address: string): void
  /** All volumes of an app, those of its project's services among them. */
  allVolumes(app: string): string[]
  /** Frees an app's addresses. Its volumes stay. */
  forget(app: string): void
  /** These volumes of it, or of its project's services, are gone. */
  forgetVolumes(app: string, volumes: readonly string[]): void
}

/** @param isolated apps that have their addresses each in a block of its own, of another subnet */
export function createSlotRecord(
  database: DatabaseSync,
  subnet: string,
  isolated?: { subnet: string; has(app: string): boolean },
): StoredSlots {
  const sql = {
    address: database.prepare(
      'SELECT address FROM addresses WHERE app = ? AND slot = ? AND replica = ?',
    ),
    addresses: database.prepare('SELECT app, address FROM addresses'),
    setAddress: database.prepare(
      `INSERT INTO addresses (app, slot, replica, address) VALUES (?, ?, ?, ?)
       ON CONFLICT (app, slot, replica) DO UPDATE SET address = excluded.address`,
    ),
    freeAddress: database.prepare('DELETE FROM addresses WHERE address = ?'),
    freeAddresses: database.prepare(
      'DELETE FROM addresses WHERE app = ? AND slot = ? AND replica > ?',
    ),
    removeAddresses: database.prepare('DELETE FROM addresses WHERE app = ?'),
    upstream: database.prepare('SELECT port, replicas FROM upstreams WHERE app = ? AND slot = ?'),
    setUpstream: database.prepare(
      `INSERT INTO upstreams (app, slot, port, replicas) VALUES (?, ?, ?, ?)
       ON CONFLICT (app, slot) DO UPDATE SET port = excluded.port, replicas = excluded.replicas`,
    ),
    standIn: database.prepare('UPDATE deployments SET stands_in = ? WHERE id = ?'),
    removeUpstreams: database.prepare('DELETE FROM upstreams WHERE app = ?'),
    volumes: database.prepare(
      'SELECT path, replica, volume FROM volumes WHERE app = ? ORDER BY path, replica',
    ),
    allVolumes: database.prepare(
      `SELECT DISTINCT volume FROM volumes WHERE app = ?1 OR substr(app, 1, length(?1) + 1) = ?1 || '.'
       ORDER BY app, path, replica`,
    ),
    addVolume: database.prepare(
      `INSERT INTO volumes (app, path, replica, volume) VALUES (?, ?, ?, ?)
       ON CONFLICT (app, path, replica) DO NOTHING`,
    ),
    removeVolume: database.prepare(
      `DELETE FROM volumes
       WHERE (app = ?1 OR substr(app, 1, length(?1) + 1) = ?1 || '.') AND volume = ?2`,
    ),
    isRecreated: database.prepare('SELECT 1 FROM recreated WHERE app = ?'),
    setRecreated: database.prepare(
      'INSERT INTO recreated (app) VALUES (?) ON CONFLICT (app) DO NOTHING',
    ),
    stopped: database.prepare(
      'SELECT since, was_in_maintenance, is_starting, awaits FROM stopped WHERE app = ?',
    ),
    setStopped: database.prepare(
      `INSERT INTO stopped (app, since, was_in_maintenance, is_starting, awaits)
       VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (app) DO UPDATE SET since = excluded.since, awaits = excluded.awaits,
         was_in_maintenance = excluded.was_in_maintenance, is_starting = excluded.is_starting`,
    ),
    removeStopped: database.prepare('DELETE FROM stopped WHERE app = ?'),
    unsetRecreated: database.prepare('DELETE FROM recreated WHERE app = ?'),
  }
  const sharedAddresses = [...divide(subnet).slotAddresses()]
  /** Where the replicas of an app may be: of an isolated one in a block of its own, in which nobody else is. */
  const placesOf = (app: string): { of: string; slotAddresses: readonly string[] } => {
    if (isolated?.has(app) !== true) return { of: subnet, slotAddresses: sharedAddresses }
    const all = sql.addresses.all().map((row) => ({
      app: String(row['app']),
      block: blockOf(String(row['address'])),
    }))
    const blocks = [...blocksOf(isolated.subnet)]
    const own = all.find((each) => each.app === app && blocks.includes(each.block))?.block
    const taken = new Set(all.map(({ block }) => block))
    const block = own ?? blocks.find((each) => !taken.has(each))
    return {
      of: isolated.subnet,
      slotAddresses: block === undefined ? [] : [...divide(block).slotAddresses()],
    }
  }

  return {
    upstreams(app, otherwise) {
      const known = (slot: Slot) => sql.upstream.get(app, slot) as Upstream | undefined
      const [blue, green] = [known('blue'), known('green')]
      return { blue: blue ?? green ?? otherwise, green: green ?? blue ?? otherwise }
    },

    setUpstream(app, slot, { port, replicas }) {
      transaction(database, () => {
        sql.setUpstream.run(app, slot, port, replicas)
        sql.freeAddresses.run(app, slot, replicas)
      })
    },

    address(app, slot, replica) {
      const { slotAddresses, of } = placesOf(app)
      const known = sql.address.get(app, slot, replica)?.['address']
      // the subnet may have changed in the config since
      if (known !== undefined && slotAddresses.includes(String(known))) return String(known)
      const taken = new Set(sql.addresses.all().map(({ address }) => String(address)))
      const free = slotAddresses.find((address) => !taken.has(address))
      if (free === undefined && of !== subnet) {
        throw new DeployError(
          'start_failed',
          `no addresses are left in ${of} for ${app}: ${roomIn(of)} previews stand in it`,
          { hint: 'give network.previews a larger one, or remove one of them' },
        )
      }
      if (free === undefined) {
        throw new DeployError(
          'start_failed',
          `no address is left in ${of} for ${app}: its lower half holds ${slotAddresses.length} containers, two for each replica of an app`,
          {
            hint: 'give network.subnet a larger one (a Docker network that is there keeps its own until it is removed)',
          },
        )
      }
      transaction(database, () => sql.setAddress.run(app, slot, replica, free))
      return free
    },

    keepAddress(app, slot, replica, address) {
      transaction(database, () => {
        sql.freeAddress.run(address)
        sql.setAddress.run(app, slot, replica, address)
      })
    },

    standIn(id, generation) {
      transaction(database, () => sql.standIn.run(generation, id))
    },

    volumes: (app) =>
      sql.volumes.all(app).map(({ path, replica, volume }) => ({
        path: String(path),
        replica: Number(replica),
        volume: String(volume),
      })),

    allVolumes: (app) => sql.allVolumes.all(app).map(({ volume }) => String(volume)),

    addVolumes(app, volumes) {
      transaction(database, () => {
        for (const { path, replica, volume } of volumes) {
          sql.addVolume.run(app, path, replica, volume)
        }
      })
    },

    isRecreated: (app) => sql.isRecreated.get(app) !== undefined,

    setRecreated(app, isRecreated) {
      transaction(database, () => (isRecreated ? sql.setRecreated : sql.unsetRecreated).run(app))
    },

    stopped(app) {
      const row = sql.stopped.get(app)
      if (row === undefined) return undefined
      return {
        since: String(row['since']),
        wasInMaintenance: row['was_in_maintenance'] === 1,
        isStarting: row['is_starting'] === 1,
        awaits: JSON.parse(String(row['awaits'])) as string[],
      }
    },

    setStopped(app, stopped) {
      transaction(database, () => {
        if (stopped === undefined) return void sql.removeStopped.run(app)
        const { since, wasInMaintenance, isStarting, awaits } = stopped
        const waits = JSON.stringify(awaits)
        sql.setStopped.run(app, since, Number(wasInMaintenance), Number(isStarting), waits)
      })
    },

    forget(app) {
      transaction(database, () => {
        sql.removeStopped.run(app)
        sql.removeAddresses.run(app)
        sql.removeUpstreams.run(app)
        sql.unsetRecreated.run(app)
      })
    },

    forgetVolumes(app, volumes) {
      transaction(database, () => {
        for (const volume of volumes) sql.removeVolume.run(app, volume)
      })
    },
  }
}
