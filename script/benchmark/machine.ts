import { execFileSync } from 'node:child_process'
import { cpus, release, totalmem } from 'node:os'

/** What the figures were measured on, and with. */
export function machine(): Record<string, string> {
  const model = cpus()[0]?.model.trim() ?? 'unknown'
  return {
    '': `${cpus().length} cores (${model})`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    Linux: release().replace(/-.*/, ''),
    'Node.js': process.versions.node,
    Docker: first('dockerd', ['--version'], /version ([\d.]+)/),
    Nginx: first('nginx', ['-v'], /nginx\/([\d.]+)/),
  }
}

/** The commit that is checked out. */
export const revision = (): string => first('git', ['rev-parse', 'HEAD'], /(\w+)/)

function first(command: string, args: string[], pattern: RegExp): string {
  const said = execFileSync('sh', ['-c', 'exec "$0" "$@" 2>&1', command, ...args], {
    encoding: 'utf8',
  })
  return pattern.exec(said)?.[1] ?? 'unknown'
}
