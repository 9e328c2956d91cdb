import { execFileSync } from 'node:child_process'
import { ROOT, ROOTS } from './roots.ts'

/**
 * What a branch is compared with: `main`, or `origin/main` where there is no other. On `main` itself that is what was
 * not pushed yet, and else the last commit.
 */
export function usualBase(): string {
  const branch = git('branch', '--show-current').trim()
  const head = commit('HEAD')
  const candidates = branch === 'main' ? ['origin/main'] : ['main', 'origin/main']
  return candidates.find((each) => ![undefined, head].includes(commit(each))) ?? 'HEAD^'
}

/** Lines that differ from where HEAD left `base`, uncommitted ones too, each as `file:from-to`. */
export function changedSince(base: string): string[] {
  if (commit(base) === undefined) {
    throw new Error(`there is no commit ${base} here: fetch it, or give another with --base`)
  }
  const plain = ['--unified=0', '--no-prefix', '--no-ext-diff', '--no-color', '--find-renames']
  // of all folders, so that a file that came from another one is known again
  const diff = git('diff', '--merge-base', '--diff-filter=d', ...plain, base)
  const untracked = git('ls-files', '--others', '--exclude-standard')
  return [...changedLines(diff), ...untracked.split('\n')].filter(
    (each) => ROOTS.some((root) => each.startsWith(`${root}/`)) && /\.ts(:|$)/.test(each),
  )
}

/** The hunks of a diff without context. One that only takes lines away leaves nothing to look at. */
function changedLines(diff: string): string[] {
  let file = ''
  return diff.split('\n').flatMap((line) => {
    file = /^\+\+\+ (.+?)\t?$/.exec(line)?.[1] ?? file
    const [, from, count = '1'] = /^@@ -\S+ \+(\d+)(?:,(\d+))? @@/.exec(line) ?? []
    if (from === undefined || count === '0') return []
    return [`${file}:${from}-${Number(from) + Number(count) - 1}`]
  })
}

function commit(revision: string): string | undefined {
  try {
    return git('rev-parse', '--verify', '--quiet', `${revision}^{commit}`).trim()
  } catch {
    return undefined
  }
}

function git(...given: string[]): string {
  return execFileSync('git', ['-c', 'core.quotePath=false', ...given], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: Infinity,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}
