import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readIfThere, type Wanted } from './files.ts'
import { bodyOf, installationOf, sha256, sumsOf, withHead } from './mark.ts'

const CONF = /^deploy-receiver\.([a-z0-9-]{1,63})(\.previews)?\.conf$/

/**
 * Files of apps that are gone, which go on serving until they are removed, without the server blocks that they shared: the next
 * app has those in its file by now. What their previews shared goes: so do these. What somebody edited stays as it is.
 */
export function leftBehind({
  directory,
  installation,
  apps,
}: {
  directory: string
  installation: string
  /** Those that there are. */
  apps: readonly string[]
}): Wanted[] {
  const there = new Set(apps)
  // beside a cluster there may be no Nginx
  if (!existsSync(directory)) return []
  return readdirSync(directory).flatMap((name): Wanted[] => {
    const [, app, ofPreviews] = CONF.exec(name) ?? []
    if (app === undefined || there.has(app)) return []
    const file = join(directory, name)
    const text = readIfThere(file) ?? ''
    const body = bodyOf(text)
    if (installationOf(text) !== installation || sumsOf(text)?.body !== sha256(body)) return []
    if (ofPreviews !== undefined) return [{ file, text: undefined }]
    const left = withoutShared(body, apps)
    return left === body ? [] : [{ file, text: withHead(installation, left, { app }) }]
  })
}

/**
 * Without the server blocks that include one of these apps, and those of the same names, which lead to them. So are files rendered:
 * nothing else begins, or ends, with such a line.
 */
function withoutShared(text: string, apps: readonly string[]): string {
  const [before = '', ...parts] = text.split(/^(?=server \{$)/m)
  const blocks = parts.map((part) => {
    const end = part.indexOf(END) + END.length
    return { block: part.slice(0, end), after: part.slice(end) }
  })
  const includesOne = (block: string) => apps.some((app) => block.includes(`/${app}.slot;\n`))
  const shared = new Set(
    blocks.filter(({ block }) => includesOne(block)).map(({ block }) => namesOf(block)),
  )
  const left = blocks.map(({ block, after }) => (shared.has(namesOf(block)) ? '' : block) + after)
  return [before, ...left].join('')
}

const END = '\n}\n'

const namesOf = (block: string) => /^ {2}server_name (.+);$/m.exec(block)?.[1]
