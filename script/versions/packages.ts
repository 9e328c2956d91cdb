import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Suites of Debian, the oldest first. Each has one version of each program. */
export const SUITES = ['bullseye', 'bookworm', 'trixie', 'sid'] as const
export type Suite = (typeof SUITES)[number]

/** Debian's packages of other suites, unpacked side by side. What is installed on this machine is not touched. */
export interface Packages {
  /** The folder into which these packages of a suite are unpacked; once, for all runs. */
  unpack(suite: Suite, names: readonly string[]): string
  /** The folder into which the sources of a package are fetched, as they lie at Debian's; once, for all runs. */
  source(suite: Suite, name: string): string
}

/** @param dir where all of it is kept; can be removed at any time */
export function createPackages(dir: string): Packages {
  const settings = {
    'Dir::Etc': join(dir, 'etc'),
    'Dir::State': join(dir, 'state'),
    'Dir::State::status': join(dir, 'state/status'),
    'Dir::Cache': join(dir, 'cache'),
  }
  const options = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`])
  const apt = (cwd: string, ...args: string[]) =>
    execFileSync('apt-get', [...options, '-qq', ...args], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  let isReady = false
  const prepare = () => {
    if (isReady) return
    for (const each of ['etc/sources.list.d', 'etc/preferences.d', 'state/lists/partial'])
      mkdirSync(join(dir, each), { recursive: true })
    mkdirSync(join(dir, 'cache/archives/partial'), { recursive: true })
    writeFileSync(join(dir, 'state/status'), '')
    writeFileSync(
      join(dir, 'etc/sources.list.d/all.sources'),
      `Types: deb deb-src
URIs: ${mirror()}
Suites: ${SUITES.join(' ')}
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`,
    )
    apt(dir, 'update')
    isReady = true
  }
  return {
    unpack(suite, names) {
      const folder = join(dir, 'unpacked', `${suite}-${names[0] ?? ''}`)
      if (existsSync(folder)) return folder
      prepare()
      const making = `${folder}.new`
      rmSync(making, { recursive: true, force: true })
      mkdirSync(join(making, 'debs'), { recursive: true })
      apt(join(making, 'debs'), 'download', ...names.map((name) => `${name}/${suite}`))
      for (const deb of readdirSync(join(making, 'debs'))) {
        execFileSync('dpkg-deb', ['-x', join(making, 'debs', deb), making])
      }
      rmSync(join(making, 'debs'), { recursive: true })
      renameSync(making, folder)
      return folder
    },
    source(suite, name) {
      const folder = join(dir, 'sources', `${suite}-${name}`)
      if (existsSync(folder)) return folder
      prepare()
      const making = `${folder}.new`
      rmSync(making, { recursive: true, force: true })
      mkdirSync(making, { recursive: true })
      apt(making, 'source', '--download-only', `${name}/${suite}`)
      renameSync(making, folder)
      return folder
    },
  }
}

/** The one that this machine uses already. */
function mirror(): string {
  const targets = execFileSync(
    'apt-get',
    ['indextargets', '--format', '$(CREATED_BY) $(REPO_URI) $(RELEASE)'],
    { encoding: 'utf8' },
  )
  const debian = targets
    .split('\n')
    .map((line) => line.split(' '))
    .find(([by, , release = '']) => by === 'Packages' && SUITES.some((suite) => suite === release))
  if (debian?.[1] !== undefined) return debian[1]
  throw new Error('no Debian mirror in /etc/apt: add one, then run this again')
}
