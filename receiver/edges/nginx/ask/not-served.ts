import { dirname } from 'node:path'
import { DeployError } from '../../../core/errors.ts'
import { nameOf } from './doors.ts'
import type { ServerBlock } from './server-blocks.ts'
import type { Answer } from './knock.ts'
import type { Met, Visited } from './visit.ts'

/** What is known when visitors do not come to an app. */
export interface Clues extends Visited {
  met: readonly Met[]
  /** What Nginx would read; `undefined` when it does not say. */
  blocks: readonly ServerBlock[] | undefined
  /** Our files, for it to read. */
  conf: string
  snippet: string
  /** Whether it is a site of the user's own that has to include the snippet. */
  isOwn: boolean
  /** What Nginx made of the signal to read its files, if it was sent. */
  reload: 'taken' | 'failed' | undefined
  /** The command by which an Nginx is reached that may have another network. */
  elsewhere: string | undefined
}

/** Why visitors do not come to an app: `not_served`; or in words, where all may be as it has to be. */
export const whyNotServed = (clues: Clues): DeployError | string =>
  isNotRead(clues) ??
  cannotBeAsked(clues) ??
  isOutOfReach(clues) ??
  nobodyListens(clues) ??
  hasSameName(clues) ??
  isKeptOut(clues) ??
  isSomebodyElse(clues)

function isNotRead({ app, path, blocks, conf, snippet, isOwn }: Clues): DeployError | undefined {
  if (blocks === undefined || blocks.some(({ served }) => served.has(path))) return undefined
  return isOwn
    ? notServed(
        `no site of Nginx includes ${snippet}`,
        `include it in the server block of ${app}'s site, as docs/swap.md shows, or name its domains under apps.${app}`,
      )
    : notServed(
        `Nginx does not read ${conf}`,
        `put \`include ${dirname(conf)}/*.conf;\` into http { } of its nginx.conf, or set nginx.directory to a folder that it reads; \`nginx -T\` shows all that it does`,
      )
}

const cannotBeAsked = ({ met, isOwn }: Clues): string | undefined =>
  met.length > 0
    ? undefined
    : isOwn
      ? 'Nginx could not be asked: nginx.test is no `nginx -t` that tells which site includes the snippet, or that site has no name that can be asked for'
      : 'Nginx could not be asked: nginx.listen has no address that it can be reached at from here'

/** One in a container may have its ports published as others, or none of them here. */
function isOutOfReach({ met, elsewhere }: Clues): string | undefined {
  if (elsewhere === undefined || met.some(({ answer }) => isOfNginx(answer))) return undefined
  const where = each(met.map(({ door }) => nameOf(door)))
  return `Nginx could not be asked: it is reached by \`${elsewhere}\`, and does not answer at ${where} of this machine`
}

function nobodyListens({ met, reload }: Clues): DeployError | string | undefined {
  const refused = met.filter(({ answer }) => answer.kind === 'refused')
  if (refused.length === 0) return undefined
  const where = each(refused.map(({ door }) => nameOf(door)))
  if (reload === 'taken' || refused.length < met.length) {
    return notServed(`nothing listens at ${where}, though Nginx runs`, ERROR_LOG)
  }
  const message = `Nginx does not run: nothing listens at ${where}`
  return reload === 'failed'
    ? `${message}. Its files are in place, and it takes them when it starts: systemctl start nginx`
    : notServed(message, START_NGINX)
}

/** One that runs with files in which there is none of these addresses looks the same. */
export const START_NGINX =
  'systemctl start nginx (or, if it runs all the same, `nginx -s reload`); `journalctl -u nginx` says why it ended'

/** Nginx warns of it, and serves the first of them. */
function hasSameName({ path, blocks = [] }: Clues): DeployError | undefined {
  const ours = blocks.filter(({ served }) => served.has(path))
  for (const { names, listens } of ours) {
    const other = blocks.find(
      (block) =>
        !block.served.has(path) &&
        names.some((name) => block.names.includes(name)) &&
        listens.some((listen) => block.listens.map(addressOf).includes(addressOf(listen))),
    )
    if (other === undefined) continue
    const shared = names.filter((name) => other.names.includes(name))
    return notServed(
      `another site of Nginx has the name ${each(shared)}, in ${other.file}, and answers first`,
      'take the name out of one of them, and `nginx -s reload`',
    )
  }
  return undefined
}

const addressOf = (listen: string): string => {
  const [where = ''] = listen.split(' ')
  return where.replace(/^(?:\*|0\.0\.0\.0):/, '')
}

/** What stands before all locations of a server block is no sign that it is another's. */
function isKeptOut({ met, blocks, reload }: Clues): string | undefined {
  if (blocks === undefined || reload === 'failed') return undefined
  const first = met.find(({ answer }) => answer.kind !== 'ours' && answer.kind !== 'no way')
  if (first === undefined) return undefined
  const { answer } = first
  if (!isOfNginx(answer) || !KEEPING_OUT.has(answer.status)) return undefined
  return `${asked(first)}: its site keeps visitors out, so that nobody can tell what they would get`
}

const isOfNginx = (answer: Answer): answer is Extract<Answer, { kind: 'other' }> =>
  answer.kind === 'other' && /^(?:nginx|openresty)/i.test(answer.server)

/** Maintenance, a redirect, and who is not let in; by 400, whoever has no certificate (`ssl_verify_client`). */
const KEEPING_OUT = new Set([301, 302, 303, 307, 308, 400, 401, 403, 503])

function isSomebodyElse({ met, reload }: Clues): DeployError {
  const first = met.find(({ answer }) => answer.kind === 'other' || answer.kind === 'silent')
  if (first === undefined) return notServed('this machine has no way to Nginx', ERROR_LOG)
  const { port } = first.door
  return notServed(
    `${asked(first)}, which is not what Nginx was told of it`,
    reload === 'failed'
      ? `is that Nginx? It cannot be reloaded: \`ss -ltnp 'sport = :${port}'\` shows what listens there`
      : `\`ss -ltnp 'sport = :${port}'\` shows what listens there: if it is another program, stop it and \`systemctl reload-or-restart nginx\`. ${ERROR_LOG}`,
  )
}

/** Who of those that come to a served app meets another site. */
export function whoElseIsServed(met: readonly Met[]): string | undefined {
  const [first] = met.flatMap(({ taken }) => taken)
  return first === undefined
    ? undefined
    : `${asked(first)}: another site of Nginx listens at that very address, so whoever comes there does not get this app. Add the address to nginx.listen, or to a site of your own`
}

/** `127.0.0.1:80 answers 200 (Apache) for api.example.com`. */
function asked({ name, door, answer }: Pick<Met, 'name' | 'door' | 'answer'>): string {
  const said =
    answer.kind === 'other'
      ? `answers ${answer.status}${answer.server === '' ? '' : ` (${answer.server})`}`
      : `does not answer${'reason' in answer ? ` (${answer.reason})` : ''}`
  return `${nameOf(door)} ${said} for ${name}`
}

const ERROR_LOG = "Nginx's error log says why it does not take its files"

const notServed = (message: string, hint: string) =>
  new DeployError('not_served', message, { hint })

const each = (texts: readonly string[]) => [...new Set(texts)].join(', ')
