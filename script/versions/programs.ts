import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Packages, Suite } from './packages.ts'

/** A program in some version, and how tests are made to meet it. */
export interface Program {
  /** As it says itself. */
  version: string
  env: Record<string, string>
}

/** The engine with what it runs containers by; but runc of a newer suite wants a newer C library, and is this machine's. */
export function docker(packages: Packages, suite: Suite): Program {
  const names = ['docker.io', 'containerd', suite === 'sid' ? 'tini-static' : 'tini']
  const isOld = suite === 'bullseye' || suite === 'bookworm'
  const further = isOld ? ['runc', 'libdevmapper1.02.1'] : []
  const root = packages.unpack(suite, [...names, ...further])
  const path = inFrontOf(['usr/bin', 'usr/sbin'].map((each) => join(root, each)))
  const said = execFileSync('dockerd', ['--version'], { env: { ...process.env, PATH: path } })
  return { version: /version ([\d.]+)/.exec(String(said))?.[1] ?? '', env: { PATH: path } }
}

/** Nginx on the C library and the others of its own suite. */
export function nginx(packages: Packages, suite: Suite): Program {
  const libraries = {
    bullseye: ['libpcre3', 'libssl1.1', 'libcrypt1'],
    bookworm: ['libpcre2-8-0', 'libssl3', 'libcrypt1'],
    trixie: ['libpcre2-8-0', 'libssl3t64', 'libcrypt1', 'libzstd1'],
    sid: ['libpcre2-8-0', 'libssl3t64', 'libcrypt1', 'libzstd1'],
  }
  // its `nginx-light` is built without modules that sites take
  const program = suite === 'bullseye' ? 'nginx-core' : 'nginx'
  const root = packages.unpack(suite, [program, 'libc6', 'zlib1g', ...libraries[suite]])
  const bin = join(root, 'versions-bin')
  mkdirSync(bin, { recursive: true })
  const places = ['lib', 'usr/lib'].map((each) => join(root, each, 'x86_64-linux-gnu')).join(':')
  const loader = ['lib64', 'lib/x86_64-linux-gnu', 'usr/lib64', 'usr/lib/x86_64-linux-gnu']
    .map((each) => join(root, each, 'ld-linux-x86-64.so.2'))
    .find((each) => existsSync(each))
  if (loader === undefined) throw new Error(`${root} has no loader`)
  writeFileSync(
    join(bin, 'nginx'),
    `#!/bin/sh\n${suite === 'bullseye' ? WITHOUT_E : ''}exec ${loader} --library-path ${places} ${root}/usr/sbin/nginx "$@"\n`,
  )
  chmodSync(join(bin, 'nginx'), 0o755)
  const path = inFrontOf([bin])
  // it says so on standard error
  const said = execFileSync('/bin/sh', ['-c', 'nginx -v 2>&1'], {
    env: { ...process.env, PATH: path },
  })
  return { version: /nginx\/([\d.]+)/.exec(String(said))?.[1] ?? '', env: { PATH: path } }
}

/** `-e FILE` came with 1.19.5; tests name their log by it, and in their config too. */
const WITHOUT_E = `count=$#
while [ "$count" -gt 0 ]; do
  if [ "$1" = -e ]; then shift 2; count=$((count - 2)); continue; fi
  set -- "$@" "$1"; shift; count=$((count - 1))
done
`

/** Compose, as docker's plugin. */
export function compose(packages: Packages, suite: Suite): Program {
  const root = packages.unpack(suite, ['docker-compose'])
  return composeOf(join(root, 'versions-config'), pluginBelow(root))
}

/** One that was had in another way. */
export function composeOf(config: string, plugin: string): Program {
  const plugins = join(config, 'cli-plugins')
  mkdirSync(plugins, { recursive: true })
  if (!existsSync(join(plugins, 'docker-compose')))
    symlinkSync(plugin, join(plugins, 'docker-compose'))
  const env = { DOCKER_CONFIG: config }
  const said = execFileSync('docker', ['compose', 'version', '--short'], {
    env: { ...process.env, ...env },
  })
  return { version: String(said).trim().replace(/^v/, ''), env }
}

function pluginBelow(root: string): string {
  const found = readdirSync(root, { recursive: true, encoding: 'utf8' }).find((each) =>
    each.endsWith('cli-plugins/docker-compose'),
  )
  if (found === undefined) throw new Error(`${root} has no plugin of docker`)
  return join(root, found)
}

const inFrontOf = (folders: readonly string[]) => [...folders, process.env['PATH'] ?? ''].join(':')
