import { existsSync } from 'node:fs'
import type { Config } from '../../config/config.ts'
import { modeOf, openTo, wayTo } from '../../config/file-access.ts'
import { envFileOf } from '../../config/variables.ts'
import { type Finding, found } from '../../core/finding.ts'
import { lookAtAll } from './look.ts'
import { settingsKeyFile, storeFile, trustRootFile } from '../machine.ts'
import { filesOf, tlsSites } from '../site-tls.ts'

const DOCKER_SOCKET = '/var/run/docker.sock'

/** Whether others can come to what is the receiver's alone. What the config names, it warns of itself. */
export const lookAtAccess = (
  config: Config,
  { environment = envFileOf(config.file), dockerSocket = DOCKER_SOCKET } = {},
): Promise<Finding[]> =>
  lookAtAll('file modes', () => {
    const { data, nginx, socket } = config
    const keys = tlsSites(config).map(({ site, source }) => filesOf(site, source, config).key)
    const [secret, plain] = [
      [environment, storeFile(data), `${storeFile(data)}-wal`, settingsKeyFile(data), ...keys],
      [data, trustRootFile(data), nginx.directory],
    ].map((files) => [...new Set(files)].filter((file) => existsSync(file)))
    const looked = [
      ...(secret ?? []).flatMap((file) => openTo({ file, holdsSecret: true })),
      ...(plain ?? []).flatMap((file) => openTo({ file, holdsSecret: false })),
      ...[socket, dockerSocket].flatMap(openSocket),
    ]
    if (looked.length === 0) {
      return [found('file modes', 'keys, record, variables and sockets are closed to others')]
    }
    // one folder may be the way to many of them
    const apart = Map.groupBy(looked, ({ hint }) => hint)
    return [...apart].map(([hint, [{ message } = { message: '' }]]) => ({
      id: `file-modes:${hint.slice(hint.lastIndexOf(' ') + 1)}`,
      what: 'file modes',
      ok: true,
      message,
      hint,
    }))
  })

const OTHERS_WRITE = 0o002

/** Who can write to a socket is a root of this machine: of a group that is its administrator's choice. */
function openSocket(path: string) {
  const last = wayTo(path).at(-1)
  if (last === undefined || (last.may & OTHERS_WRITE) === 0) return []
  const message = `anybody on this machine can give orders by ${path} (mode ${modeOf(last.stats)})`
  return [{ message, hint: `chmod o-rwx ${last.path}` }]
}
