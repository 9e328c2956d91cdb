import { isLoopback } from '../../../core/ip-address.ts'
import type { ServerBlock } from './server-blocks.ts'
import { type Door, doorsOf } from './doors.ts'
import { type Answer, knock } from './knock.ts'

/** An app, as a visitor of it asks. */
export interface Visited {
  app: string
  /** Where Nginx says that it has the app's files as they are. */
  path: string
}

/** A name of an app's site, and a `listen` of it. */
export interface Place {
  name: string
  listen: string
}

/** What a visitor met. */
export interface Met {
  name: string
  door: Door
  answer: Answer
  /** Other addresses of the machine, at which another site answers: Nginx prefers a `listen` that names the address. */
  taken: readonly Pick<Met, 'name' | 'door' | 'answer'>[]
}

/** In place of the `*` of a wildcard: a name that has no site of its own. */
const ANYONE = 'deploy-receiver-asks'

/**
 * Where a site that is rendered is: under each of its names, at each address of the server blocks that have it. A name that none
 * has is asked for wherever the others are.
 */
export const placesOf = (
  domains: readonly string[],
  written: readonly Pick<ServerBlock, 'names' | 'listens'>[],
): Place[] =>
  domains.flatMap((domain) => {
    const own = written.filter(({ names }) => names.includes(domain))
    const listens = (own.length > 0 ? own : written).flatMap((block) => block.listens)
    return [...new Set(listens)].map((listen) => ({ name: domain.replace(/^\*/, ANYONE), listen }))
  })

/** Where the sites of the user's own are that include an app's snippet: under the first name of each that can be asked for. */
export const placesIn = (blocks: readonly ServerBlock[], { path }: Visited): Place[] =>
  blocks
    .filter(({ served }) => served.has(path))
    .flatMap(({ names, listens }) => {
      const name = names.map(askable).find((each) => each !== undefined)
      return name === undefined ? [] : listens.map((listen) => ({ name, listen }))
    })

/** A name out of `server_name`; none of a regular expression, or of what only Nginx can fill in. */
export function askable(name: string): string | undefined {
  const plain = name.replace(/^\*/, ANYONE).replace(/\.\*$/, `.${ANYONE}`).replace(/^\./, '')
  return /^[a-z0-9_.-]+$/.test(plain) ? plain : undefined
}

/** Asks at all places, each as far as it can be reached from here. */
export const visit = async (places: readonly Place[], visited: Visited): Promise<Met[]> =>
  (await Promise.all(places.map((place) => meet(place, visited)))).flat()

async function meet({ name, listen }: Place, { app, path }: Visited): Promise<Met[]> {
  const met = await Promise.all(
    doorsOf(listen).map(async (door) => ({
      name,
      door,
      answer: await knock(door, { host: name, path, says: app }),
    })),
  )
  const served = met.find(({ answer }) => answer.kind === 'ours')
  // the first is the one that counts; the others only can have been better
  if (served === undefined) return met.slice(0, 1).map((first) => ({ ...first, taken: [] }))
  const isTaken = ({ door, answer }: (typeof met)[number]) =>
    answer.kind === 'other' && !sendsOn(answer) && !isLoopback(door.at)
  return [{ ...served, taken: met.filter(isTaken) }]
}

/** Whether visitors come to the app, wherever they come in: also those whom one address sends on to another. */
export const isServed = (met: readonly Met[]): boolean =>
  met.some(({ answer }) => answer.kind === 'ours') &&
  met.every(({ answer }) => answer.kind === 'ours' || answer.kind === 'no way' || sendsOn(answer))

const sendsOn = (answer: Answer) =>
  answer.kind === 'other' && answer.status >= 300 && answer.status <= 399

/** Whether nobody listens anywhere that Nginx would. */
export async function isNobodyAt(listens: readonly string[]): Promise<boolean> {
  const there = await whoIsAt(listens)
  return there.length > 0 && there.every((each) => each === undefined)
}

/** What answers where Nginx would listen calls itself so: `nginx`, or nothing; `undefined` of a place at which nobody is. */
export async function whoIsAt(listens: readonly string[]): Promise<(string | undefined)[]> {
  const doors = listens.flatMap((listen) => doorsOf(listen).slice(0, 1))
  // an empty answer is somebody's, too: nobody says a zero
  const question = { host: 'localhost', path: '/', says: '\0' }
  const answers = await Promise.all(doors.map((door) => knock(door, question)))
  return answers.map((answer) => {
    if (answer.kind === 'refused') return undefined
    return answer.kind === 'other' ? answer.server : ''
  })
}

/**
 * The URL that visitors come to the app by: over TLS if Nginx answers so for it, also at the usual port of a site that passes
 * on to it. A proxy in front is taken to have the certificate, and the port, that Nginx lacks. Nothing for a site that has no
 * one name.
 */
export async function urlOf(
  met: readonly Met[],
  visited: Visited,
  { isBehindProxy, overTls }: { isBehindProxy: boolean; overTls?: OverTls | undefined },
): Promise<string | undefined> {
  const named = met.filter(({ name, answer }) => answer.kind === 'ours' && isOneName(name))
  const secure = named.find(({ door }) => door.tls)
  if (secure !== undefined) return url('https', secure)
  const [plain] = named
  if (plain === undefined) return undefined
  const { name } = plain
  if (isBehindProxy) return `https://${name}`
  const over = overTls?.name === name ? overTls : atUsualPort(name, visited)
  return isServed(await over.met) ? `https://${name}` : url('http', plain)
}

/** A name, as it is met over TLS at the usual port. */
interface OverTls {
  name: string
  met: Promise<Met[]>
}

const atUsualPort = (name: string, visited: Visited): OverTls => ({
  name,
  met: visit([{ name, listen: '443 ssl' }], visited),
})

/** Begins to ask what {@link urlOf} wants to know of a site that is in plain HTTP alone. */
export function visitOverTls({
  places,
  isBehindProxy,
  ...visited
}: Visited & { places: readonly Place[]; isBehindProxy: boolean }): OverTls | undefined {
  const named = places.filter(({ name }) => isOneName(name))
  const isSecure = named.some(({ listen }) => doorsOf(listen).some(({ tls }) => tls))
  const [first] = named
  return first === undefined || isSecure || isBehindProxy
    ? undefined
    : atUsualPort(first.name, visited)
}

const isOneName = (name: string) => name.includes('.') && !name.includes(ANYONE)

export function url(
  scheme: 'http' | 'https',
  { name, door: { port } }: Pick<Met, 'name' | 'door'>,
): string {
  const usual = scheme === 'http' ? 80 : 443
  return port === usual || port === 0 ? `${scheme}://${name}` : `${scheme}://${name}:${port}`
}
