import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { DeployError } from '../../core/errors.ts'
import type { Sites, Slot } from '../../core/ports.ts'
import type { Flags } from '../slots.ts'
import { runCommand } from './command.ts'
import { render } from './render.ts'

export interface SitesOptions {
  nginx: { directory: string; test: string; reload: string; listen: readonly string[] }
  apps: Readonly<Record<string, { domains: readonly string[] }>>
  flags(app: string): Flags
  address(app: string, slot: Slot): string
}

/**
 * Keeps one file per app in Nginx's directory, and a snippet beside it. What is there already is left alone and Nginx is
 * not reloaded; a change is tested first, and undone when the test fails. Throws `nginx_failed`.
 */
export function createSites({ nginx, apps, flags, address }: SitesOptions): Sites {
  let last: Promise<unknown> = Promise.resolve()

  const write = async (app: string, ports: Readonly<Record<Slot, number>>): Promise<boolean> => {
    const { conf, snippet } = render({
      app,
      domains: apps[app]?.domains ?? [],
      listen: nginx.listen,
      upstreams: {
        blue: `${address(app, 'blue')}:${ports.blue}`,
        green: `${address(app, 'green')}:${ports.green}`,
      },
      flags: flags(app),
    })
    const snippets = join(dirname(nginx.directory), 'deploy-receiver.d')
    const changes = [
      { file: join(nginx.directory, `deploy-receiver.${app}.conf`), text: conf },
      { file: join(snippets, `${app}.slot`), text: snippet },
    ]
      .map(({ file, text }) => ({ file, text, before: readIfThere(file) }))
      .filter(({ text, before }) => text !== before)
    if (changes.length === 0) return false
    try {
      mkdirSync(snippets, { recursive: true, mode: 0o755 })
      for (const { file, text } of changes) replace(file, text)
    } catch (cause) {
      throw new DeployError(
        'nginx_failed',
        `cannot write Nginx's file of ${app}: ${reasonOf(cause)}`,
        {
          hint: `check nginx.directory (${nginx.directory}): it must exist, and the receiver must be allowed to write there`,
          cause,
        },
      )
    }
    await tested(nginx.test, changes)
    await reloaded(nginx.reload)
    return true
  }

  return {
    // one after the other: Nginx tests all files at once
    ensure(app, ports) {
      const mine = last.then(() => write(app, ports))
      last = mine.catch(() => false)
      return mine
    },
  }
}

interface Change {
  file: string
  before: string | undefined
}

async function tested(command: string, changes: readonly Change[]): Promise<void> {
  try {
    await runCommand(command)
  } catch (cause) {
    for (const { file, before } of changes) {
      if (before === undefined) rmSync(file, { force: true })
      else replace(file, before)
    }
    const missing = /not found/.test(reasonOf(cause))
    throw new DeployError('nginx_failed', reasonOf(cause), {
      hint: missing
        ? 'install Nginx, or set nginx.test and nginx.reload to how it is called here'
        : "Nginx's files are as they were before; the message names the file and line that it does not take",
      cause,
    })
  }
}

async function reloaded(command: string): Promise<void> {
  try {
    await runCommand(command)
  } catch (cause) {
    throw new DeployError('nginx_failed', reasonOf(cause), {
      hint: 'is Nginx running? systemctl start nginx; the new file is in place and takes effect when it starts',
      cause,
    })
  }
}

/** Atomic and durable. The temporary name does not end in `.conf`, so Nginx never reads half a file. */
function replace(file: string, text: string): void {
  const temporary = join(dirname(file), `.${basename(file)}.new`)
  writeFileSync(temporary, text, { mode: 0o644, flush: true })
  renameSync(temporary, file)
  const directory = openSync(dirname(file), 'r')
  fsyncSync(directory)
  closeSync(directory)
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
