import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { DeployError } from '../../core/errors.ts'
import { readIfThere } from './files.ts'

/**
 * What Nginx says when somebody else took the names that nobody has, too, after the receiver did: it names one of both files.
 * Every other error is as it was.
 */
export function twoDefaults(ours: string, error: unknown): unknown {
  if (!(error instanceof DeployError) || error.code !== 'nginx_failed') return error
  const [, address, named = ''] =
    /a duplicate default server for (\S+) in (\S+):\d+/.exec(error.message) ?? []
  if (address === undefined || !isDefaultIn(ours)) return error
  const isOurs = basename(named) === basename(ours)
  const other = isOurs
    ? (neighboursOf(ours).find(isDefaultIn) ?? 'another file, which Nginx reads first,')
    : named
  return new DeployError(
    'nginx_failed',
    `${ours} and ${other} both are the default_server of ${address}`,
    {
      hint: 'deploy-receiver reload takes it out of the first one; or take it out of the other one',
      cause: error,
    },
  )
}

const isDefaultIn = (file: string): boolean =>
  /\sdefault_server\b/.test(readIfThere(file)?.replaceAll(/#.*/g, '') ?? '')

/** Where sites mostly are: Nginx does not print its files when one of them is wrong. */
function neighboursOf(ours: string): string[] {
  const root = dirname(dirname(ours))
  const files = [dirname(ours), join(root, 'sites-enabled'), join(root, 'conf.d')].flatMap(
    (folder) => {
      if (statSync(folder, { throwIfNoEntry: false }) === undefined) return []
      return readdirSync(folder).map((name) => join(folder, name))
    },
  )
  return [...files, join(root, 'nginx.conf')].filter((file) => file !== ours && isFile(file))
}

const isFile = (file: string) => statSync(file, { throwIfNoEntry: false })?.isFile() === true
