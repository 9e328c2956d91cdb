import leven from 'leven'
import { ActionError } from './error.ts'
import { warn } from './log.ts'

/** Inputs of Docker's own actions that are not here, and what to do instead. */
const INSTEAD: Readonly<Record<string, string>> = {
  'bake-target':
    'Bake files are left out here: use docker/bake-action with docker/metadata-action.',
  dockerfile: 'Did you mean file?',
  ecr: 'Leave it out: ECR is known by its host.',
  logout: 'Leave it out: nothing is signed in beyond this step.',
  'registry-auth':
    'Sign in to one registry by registry, username and password, and to further ones with docker/login-action before this step.',
  scope:
    'Leave it out, or sign in with docker/login-action before this step, and give no password here.',
}

/**
 * Refuses an input under `with:` that is not known: one of Docker's own actions, or a slip. The runner hands all of them on as
 * `INPUT_…`, known or not. What has no name like ours may as well be a variable of the machine, or an input of a composite action
 * that came through, and GitHub's runner itself warns of it; with act such inputs come through whatever their names.
 * @param known names of all inputs
 * @throws ActionError `bad_input` with the nearest name.
 */
export const refuseUnknown = (known: Iterable<string>, env: NodeJS.ProcessEnv): void => {
  const names = [...known]
  for (const [variable, value = ''] of Object.entries(env)) {
    const name = /^INPUT_(.+)$/.exec(variable)?.[1]?.toLowerCase()
    if (name === undefined || value === '' || names.includes(name)) continue
    const near = nearest(name.replaceAll('_', '-'), names)
    const hint = INSTEAD[name] ?? (near === undefined ? undefined : `Did you mean ${near}?`)
    if (hint === undefined) continue
    const message = `input ${name}: there is no such input`
    if (env['ACT'] !== 'true') throw new ActionError('bad_input', message, { hint })
    warn(`${message}. ${hint}`)
  }
}

/** The name that is meant, where no more than one letter in three differs, and two at most. */
function nearest(name: string, names: readonly string[]): string | undefined {
  const most = Math.min(2, Math.floor(name.length / 3))
  const [best] = names
    .map((candidate) => ({ candidate, slips: leven(name, candidate) }))
    .filter(({ slips }) => slips <= most)
    .toSorted((one, other) => one.slips - other.slips)
  return best?.candidate
}
