import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type Docker from 'dockerode'
import type { Vm } from '../support/vm.ts'

/** All that there is, one line each: what is there afterwards and was not before is left over. */
export async function allThatIs(docker: Docker, vm: Vm): Promise<string[]> {
  const [containers, { Volumes }, networks, images] = await Promise.all([
    docker.listContainers({ all: true }),
    docker.listVolumes(),
    docker.listNetworks(),
    docker.listImages({ all: true }),
  ])
  return [
    ...containers.map(({ Names, Id }) => `container ${Names.join(' ')} ${Id}`),
    ...Volumes.map(({ Name }) => `volume ${Name}`),
    ...networks.map(({ Name, Id }) => `network ${Name} ${Id}`),
    ...images.flatMap(({ Id, RepoTags, RepoDigests }) =>
      [...(RepoTags ?? []), ...(RepoDigests ?? [])].map((name) => `image ${name} ${Id}`),
    ),
    ...filesBelow(vm.nginx.directory).map((file) => `${file} ${checksum(file)}`),
    ...filesBelow(vm.config['data'] as string).filter((file) => !/\.db(?:-wal|-shm)?$/.test(file)),
  ].toSorted()
}

/** Of these a table keeps what is over: the history, who asked for what, and what is not to come back. */
const HISTORY = ['deployments', 'events', 'audit', 'idempotency_keys', 'used_tokens', 'settings']
const MARKS = ['removed_previews']

/** Rows of tables that know what stands, and name a preview all the same. The receiver has to be stopped. */
export function rowsOf(data: string, named: RegExp): string[] {
  const database = new DatabaseSync(join(data, 'deploy-receiver.db'), { readOnly: true })
  try {
    const tables = database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .all()
      .map(({ name }) => String(name))
      .filter((name) => ![...HISTORY, ...MARKS].includes(name))
    const rows = tables.flatMap((table) =>
      database
        .prepare(`SELECT * FROM ${table}`)
        .all()
        .map((row) => `row of ${table}: ${JSON.stringify(row)}`)
        .filter((row) => named.test(row)),
    )
    const unfinished = database
      .prepare("SELECT app, status FROM deployments WHERE status IN ('queued', 'running')")
      .all()
    const { integrity_check: integrity } = database.prepare('PRAGMA integrity_check').get() ?? {}
    return [
      ...rows,
      ...unfinished.map((row) => `unfinished deployment: ${JSON.stringify(row)}`),
      ...(integrity === 'ok' ? [] : [`the store: ${String(integrity)}`]),
    ]
  } finally {
    database.close()
  }
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((file) => relative(folder, file) !== '')

const checksum = (file: string) =>
  statSync(file).isDirectory()
    ? 'directory'
    : createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 12)
