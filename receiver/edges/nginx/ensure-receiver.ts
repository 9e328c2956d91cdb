import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { defined } from '../../core/defined.ts'
import type { OnEdit } from '../../core/on-edit.ts'
import type { Ensured, Served } from '../../core/slots/ports.ts'
import { ask, type AskedSite } from './ask/ask.ts'
import { serverBlocksIn } from './ask/server-blocks.ts'
import { placesOf } from './ask/visit.ts'
import { change, onDisk } from './change.ts'
import { addressOf, unknownNamesAt } from './default-server.ts'
import { type Edit, editsOf, writable } from './edited.ts'
import { readIfThere, type Wanted } from './files.ts'
import type { NginxSettings, Program } from './program.ts'
import {
  type ConfiguredReceiver,
  hostOf,
  ownPage,
  receiverFile,
  receiverFiles,
  type ReceiverFiles,
} from './receiver-site.ts'
import { inEachFile } from './render/listen.ts'
import { RECEIVER } from './render/receiver-site.ts'
import { servedPathIn } from './render/served.ts'
import { canRefuse, type UnknownNames } from './render/unknown-names.ts'

/** The receiver's own site at Nginx, and what names get that nobody has. */
export interface ReceiverAtNginx {
  /**
   * Has Nginx know it, as far as nobody else has its host; `notice` is why not. Throws
   * `nginx_failed` and `nginx_edited`.
   */
  ensure(onEdit: OnEdit): Promise<Ensured & { notice?: string; pageNotice?: string }>
  /** Asks as those do who send hooks. `undefined` when that site is left to the user. Throws `not_served`. */
  ask(options?: { again: () => Promise<'taken' | 'failed'> }): Promise<Served | undefined>
  /** Why it is not ours, though it is to be. */
  notice(): Promise<string | undefined>
  /** The page, if it has a name of its own: why its site is none of ours, or what visitors get. Throws `not_served`. */
  page(): Promise<{ notice: string } | Served | undefined>
  /** What names get that nobody has, in words; `undefined` when Nginx does not say what it reads. */
  unknownNames(): Promise<string | undefined>
  /** What somebody did to its file. */
  edits(): Edit[]
  /** Its file as it is to be, when a certificate that it names is gone: Nginx takes no file of anybody's until then. */
  lost(): Promise<readonly Wanted[]>
  /** Its file. */
  file(): string
}

export function createReceiverAtNginx({
  installation,
  nginx,
  program,
  receiver,
  nobodysPair,
}: {
  installation: string
  nginx: NginxSettings
  program: Program
  receiver(): ConfiguredReceiver
  nobodysPair(): Promise<UnknownNames['pair']>
}): ReceiverAtNginx {
  const file = () => receiverFile(nginx.directory, receiver().url)
  /** As it was ensured last. */
  let last: readonly Wanted[] = []

  const look = async (): Promise<ReceiverFiles> => {
    const [read, features] = await Promise.all([
      program.reads(basename(file())),
      program.features(),
    ])
    const known = receiver()
    // one with another network than this machine's would tell somebody else
    const isTold = known.traffic !== undefined && program.elsewhere === undefined
    const pair = known.hasTls === true && !canRefuse(features) ? await nobodysPair() : undefined
    return onDisk(nginx, () =>
      receiverFiles({
        installation,
        nginx,
        receiver: isTold ? known : withoutTraffic(known),
        blocks: read?.blocks,
        logs: isTold ? read?.logs : undefined,
        features,
        pair,
      }),
    )
  }

  const siteOnDisk = (names: readonly string[]): AskedSite => {
    const conf = file()
    const text = onDisk(nginx, () => readIfThere(conf)) ?? ''
    const path = servedPathIn(text)
    const written = serverBlocksIn(conf, text).filter(({ served }) => served.has(path))
    return {
      app: RECEIVER,
      path,
      conf,
      snippet: conf,
      isTold: false,
      domains: names,
      places: placesOf(names, written),
      at: '',
      isBehindProxy:
        (receiver().site?.trustedProxies ?? []).length > 0 && nginx.proxyProtocol !== true,
    }
  }

  const askFor = (name: string, options?: Parameters<ReceiverAtNginx['ask']>[0]) =>
    ask(siteOnDisk([name]), { program, signal: new AbortController().signal, ...options })

  return {
    file,
    async ensure(onEdit) {
      const { wanted, notice, pageNotice } = await look()
      last = wanted
      const mine = onDisk(nginx, () => writable(RECEIVER, wanted, onEdit))
      const ensured = await change(mine, { nginx, program })
      return { ...ensured, ...defined({ notice, pageNotice }) }
    },
    async ask(options) {
      if (receiver().site === undefined) return undefined
      return askFor(hostOf(receiver().url), options)
    },
    async notice() {
      return (await look()).notice
    },
    async page() {
      const page = ownPage(receiver())
      if (page === undefined) return undefined
      const { pageNotice } = await look()
      return pageNotice === undefined ? askFor(page.domain) : { notice: pageNotice }
    },
    async unknownNames() {
      const blocks = await program.serverBlocks()
      if (blocks === undefined) return undefined
      const get = (listen: string) => {
        const address = addressOf(listen)
        const there = blocks.filter(({ listens }) =>
          listens.some((each) => addressOf(each) === address),
        )
        const found = unknownNamesAt(address, there) ?? there[0]
        if (found === undefined) return `${address}: nothing listens`
        const isOurs = found.file.endsWith(`/${file().split('/').at(-1)}`)
        return `${address}: ${isOurs ? 'no answer (444)' : `what ${found.file} has`}`
      }
      const tls = receiver().hasTls === true ? (nginx.listenTls ?? []) : []
      return inEachFile([...nginx.listen, ...tls])
        .map(get)
        .join('; ')
    },
    edits: () => onDisk(nginx, () => editsOf(RECEIVER, last)),
    async lost() {
      const text = onDisk(nginx, () => readIfThere(file())) ?? ''
      if (namedPair(text).every((each) => existsSync(each))) return []
      const { wanted } = await look()
      return onDisk(nginx, () => writable(RECEIVER, wanted, 'leave'))
    },
  }
}

const withoutTraffic = ({ traffic: _t, ...rest }: ConfiguredReceiver): ConfiguredReceiver => rest

/** Files of certificates and keys that Nginx does not start without. */
const namedPair = (text: string): string[] =>
  text
    .matchAll(/^ *ssl_certificate(?:_key)? ([^;\s]+);$/gm)
    .map(([, named = '']) => named)
    .toArray()
