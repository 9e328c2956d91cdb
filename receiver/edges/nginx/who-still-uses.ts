import { DeployError } from '../../core/errors.ts'

/** Why Nginx does not let go of an app: a site of the user's still needs its files. Every other error is as it was. */
export function whoStillUses(app: string, files: readonly string[], error: unknown): unknown {
  if (!(error instanceof DeployError) || error.code !== 'nginx_failed') return error
  const said = error.message
  const file = files.find((each) => said.includes(`"${each}"`))
  const isUpstream = ['blue', 'green', 'service'].some((each) => said.includes(`"${app}_${each}"`))
  // nginx: [emerg] open() "…/api.slot" failed (2: No such file or directory) in /etc/nginx/sites-enabled/api:5
  const [, place] = / in (\/\S+:\d+)\s*$/m.exec(said) ?? []
  if (place === undefined || (file === undefined && !isUpstream)) return error
  const message =
    file === undefined
      ? `${place} still passes requests on to ${app}`
      : `${place} includes ${file}, which goes with ${app}`
  return new DeployError('nginx_failed', message, {
    hint: `take that line, and what needs it, out of ${place.replace(/:\d+$/, '')}, then again: deploy-receiver remove ${app}; nothing was removed`,
    cause: error,
  })
}
