import { DeployError } from '../../core/errors.ts'
import { START_NGINX } from './ask/not-served.ts'
import { describeVersion } from './lacking.ts'
import type { Program } from './program.ts'
import { whoIsAt } from './ask/visit.ts'

/**
 * Whether Nginx takes its files and runs, in words, and what it warns of. Throws `nginx_failed` when it does not take its files,
 * `not_served` when it does not run.
 */
export async function checkUp(
  program: Pick<Program, 'test' | 'serverBlocks' | 'features'>,
  listen: readonly string[],
): Promise<{ state: string; warnings: readonly string[] }> {
  const warnings = await program.test()
  const blocks = await program.serverBlocks()
  if (blocks?.length === 0) {
    return { state: 'it takes its files, in which there is no site at all', warnings }
  }
  const there = await whoIsAt(blocks?.flatMap(({ listens }) => listens) ?? listen)
  const found = there.filter((each) => each !== undefined)
  if (there.length > 0 && found.length === 0) {
    throw new DeployError('not_served', 'Nginx does not run: nothing listens where it would', {
      hint: START_NGINX,
    })
  }
  // one that does not say what it is may be Nginx
  const stranger = found.find((server) => server !== '' && !NGINX.test(server))
  const isStranger = stranger !== undefined && !found.some((server) => NGINX.test(server))
  const state = isStranger ? `and ${stranger} answers where it would` : 'and runs'
  const version = describeVersion(await program.features())
  const which = version === '' ? '' : `; it is ${version}`
  return { state: `it takes its files, ${state}${which}`, warnings }
}

const NGINX = /^(?:nginx|openresty)/i
