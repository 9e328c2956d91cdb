import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { defined } from '../../core/defined.ts'
import { DOMAIN, isPath } from '../../core/dns-name.ts'
import type { SiteSettings } from '../../core/site.ts'
import type { ServerBlock } from './ask/server-blocks.ts'
import { addressOf, isDefault, unknownNamesAt } from './default-server.ts'
import type { Features } from './features.ts'
import { readIfThere, type Wanted } from './files.ts'
import { installationOf, withHead } from './mark.ts'
import type { NginxSettings } from './program.ts'
import { type ConfiguredPage, whyNoPage } from './page-site.ts'
import { inEachFile, withoutOptions } from './render/listen.ts'
import {
  type OwnSite,
  RECEIVER,
  type ReceiverSite,
  renderReceiver,
} from './render/receiver-site.ts'
import { withRevision } from './render/served.ts'
import type { Front } from './render/site.ts'
import type { TrafficLog } from './render/traffic.ts'
import type { Up } from './render/up.ts'
import type { UnknownNames } from './render/unknown-names.ts'
import { type ConfiguredTls, servedPair } from './served-pair.ts'

/** The receiver itself, as the config has it. */
export interface ConfiguredReceiver {
  url: string
  listen: { host: string; port: number }
  page?: ConfiguredPage
  /** How Nginx treats its visitors; absent: its site is left to the user. */
  site?: SiteSettings
  tls?: ConfiguredTls
  /** Whether there is a site over TLS, or soon will be. */
  hasTls?: boolean
  /** By what load balancers are answered. */
  up?: Up
  /** UDP port of this machine at which it hears of requests, and whether it wants to; absent: it never does. */
  traffic?: { port: number; isWanted: boolean }
}

/** What is to be told of the receiver, and what there is to say of that. */
export interface ReceiverFiles {
  wanted: Wanted[]
  /** Why there is no site of it, though there is to be one. */
  notice?: string
  /** The same of the page, if it has a name of its own. */
  pageNotice?: string
}

/** The receiver's file: its host has a dot or is alone, and no app is called so. */
export const receiverFile = (directory: string, url: string): string => {
  const host = hostOf(url)
  return join(directory, `deploy-receiver.url${DOMAIN.test(host) ? `.${host}` : ''}.conf`)
}

/** Whether the receiver's own site is among Nginx's files, or the one of this name beside it. */
export const hasOwnSite = (directory: string, url: string, name = hostOf(url)): boolean =>
  readIfThere(receiverFile(directory, url))?.includes(`server_name ${name};`) === true

const FILE = /^deploy-receiver\.url(?:\..+)?\.conf$/

/**
 * The receiver's own site, and the names that nobody has. A site of somebody's own that has its host is left alone, and so is one
 * that takes such names.
 * @param installation empty: whose files there are is not known, and none is written
 * @param blocks what Nginx reads; `undefined` when it does not say
 * @param logs what it logs of all sites, likewise
 */
export function receiverFiles({
  installation,
  nginx,
  receiver,
  blocks,
  logs,
  features,
  pair,
}: {
  installation: string
  nginx: NginxSettings
  receiver: ConfiguredReceiver
  blocks: readonly ServerBlock[] | undefined
  logs?: readonly (readonly string[])[] | undefined
  features: Features
  pair: UnknownNames['pair']
}): ReceiverFiles {
  const file = receiverFile(nginx.directory, receiver.url)
  const there = readIfThere(file)
  const isOurs = installation === '' || installationOf(there ?? '') === installation
  if (there !== undefined && !isOurs) {
    return { wanted: [], notice: `${file} is another receiver's: this one has no site of its own` }
  }
  const left = leftOf(nginx.directory, { installation, file })
  const ours = new Set([file, ...left.map((each) => each.file)].map((each) => basename(each)))
  const others = blocks?.filter((block) => !ours.has(basename(block.file)))
  const notice = whyNot(receiver, {
    others,
    listen: [...nginx.listen, ...(nginx.listenTls ?? [])],
    isThere: there?.includes('proxy_pass') === true,
  })
  const common = {
    ...(nginx.proxyProtocol === true ? { proxyProtocol: true as const } : {}),
    ...defined({ up: receiver.up }),
    features,
  }
  const listenTls = receiver.hasTls === true ? (nginx.listenTls ?? []) : []
  const page = ownPage(receiver)
  const pageNotice =
    page === undefined ? undefined : whyNoPage(page, { site: receiver.site, others })
  const site: ReceiverSite = {
    ...(page !== undefined && receiver.site !== undefined && pageNotice === undefined
      ? { page: { ...pageOf(page, receiver.site, { file, nginx }), ...common } }
      : {}),
    ...(notice === undefined && receiver.site !== undefined
      ? { own: { ...ownOf(receiver, receiver.site, { file, nginx }), ...common } }
      : {}),
    unknown: {
      listen: untaken(nginx.listen, others),
      listenTls: untaken(listenTls, others),
      ...defined({ pair }),
      ...common,
    },
    ...(receiver.traffic === undefined
      ? {}
      : { traffic: trafficOf(receiver.traffic, logs, features) }),
  }
  return {
    wanted: [...left, { file, text: textOf(installation, site) }],
    ...defined({ notice, pageNotice }),
  }
}

/** The page, if it stands under a name of its own and not beside the hooks. */
export const ownPage = ({ page, url }: ConfiguredReceiver): ConfiguredPage | undefined =>
  page === undefined || page.domain === hostOf(url) ? undefined : page

/** What is logged already goes on being logged. */
function trafficOf(
  { port, isWanted }: Required<ConfiguredReceiver>['traffic'],
  logs: readonly (readonly string[])[] | undefined,
  { accessLog }: Features,
): TrafficLog {
  if (!isWanted || logs === undefined || logs.some(([first]) => first === 'off')) return { port }
  if (logs.length > 0) return { port, all: {} }
  // the one that it has by itself ends when another is written
  return accessLog === undefined ? { port } : { port, all: { instead: accessLog } }
}

/** Addresses of ours at which nobody takes the names that no site has; none when it is not known who does. */
const untaken = (
  listen: readonly string[],
  others: readonly ServerBlock[] | undefined,
): string[] =>
  others === undefined
    ? []
    : inEachFile(listen)
        .filter((each) => !isDefault(each) && unknownNamesAt(addressOf(each), others) === undefined)
        .map(withoutOptions)

interface Files {
  file: string
  nginx: NginxSettings
}

function ownOf(
  { url, listen, tls, page }: ConfiguredReceiver,
  settings: SiteSettings,
  files: Files,
): OwnSite {
  const domains = [hostOf(url)]
  const isBeside = page !== undefined && page.domain === hostOf(url)
  const beside = isBeside ? { page: addressToAsk(page.listen) } : {}
  return {
    path: pathOf(url),
    upstream: addressToAsk(listen),
    ...beside,
    ...frontOf({ domains, tls }, settings, files),
  }
}

const pageOf = (
  { domain, listen, tls }: ConfiguredPage,
  settings: SiteSettings,
  files: Files,
): OwnSite => ({
  path: '/page',
  upstream: addressToAsk(listen),
  ...frontOf({ domains: [domain], tls }, settings, files),
})

function frontOf(
  { domains, tls }: { domains: string[]; tls: ConfiguredTls | undefined },
  { trustedProxies, hsts, http3 }: SiteSettings,
  { file, nginx }: Files,
): Front {
  // options of a socket are the apps' to say
  const listenTls = inEachFile(nginx.listenTls ?? []).map(withoutOptions)
  return {
    app: RECEIVER,
    domains,
    listen: inEachFile(nginx.listen).map(withoutOptions),
    trustedProxies,
    ...defined({ hsts, http3, webroot: tls?.webroot }),
    ...servedPair(tls?.pair, { names: domains, conf: file, listen: listenTls }),
  }
}

const EVERYWHERE = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
])

function addressToAsk({ host, port }: { host: string; port: number }): string {
  const at = EVERYWHERE.get(host) ?? host
  return `${at.includes(':') ? `[${at}]` : at}:${port}`
}

function textOf(installation: string, site: ReceiverSite): string | undefined {
  const text = renderReceiver(site)
  if (text === undefined) return undefined
  const { conf } = withRevision(installation, { conf: text, slot: '', proxy: '' })
  // what Nginx has is no setting, and what all have by default is none
  const settings = JSON.stringify(site, (key, value: unknown) =>
    key === 'features' || key === 'traffic' || key === 'up' ? undefined : value,
  )
  return withHead(installation, conf, { settings })
}

/** Files of ours for another host: `url` was changed. */
const leftOf = (
  directory: string,
  { installation, file }: { installation: string; file: string },
): Wanted[] =>
  readdirSync(directory)
    .filter((name) => FILE.test(name) && name !== basename(file))
    .map((name) => join(directory, name))
    .filter((each) => installationOf(readIfThere(each) ?? '') === installation)
    .map((each) => ({ file: each, text: undefined }))

/** Why a site of the receiver's own would be none, or in somebody's way. */
function whyNot(
  { url, site }: ConfiguredReceiver,
  {
    others,
    listen,
    isThere,
  }: {
    others: readonly ServerBlock[] | undefined
    listen: readonly string[]
    isThere: boolean
  },
): string | undefined {
  if (site === undefined) return undefined
  const host = hostOf(url)
  if (!DOMAIN.test(host) || host.startsWith('*') || !isPath(pathOf(url))) {
    return `${url} is nothing that a site can be written for: it is left to you`
  }
  const { port } = new URL(url)
  if (port !== '' && !listen.some((each) => addressOf(each).endsWith(`:${port}`))) {
    return `url has port ${port}, which nginx.listen has not: its site is left to you`
  }
  if (others === undefined) {
    return isThere
      ? undefined
      : `whether ${host} has a site already cannot be seen, since nginx.test is no \`nginx -t\` or fails: \`site: false\` says that it has, a working nginx.test that it has not`
  }
  const other = others.find(({ names }) => names.includes(host))
  return other === undefined
    ? undefined
    : `${host} has a site of your own, in ${other.file}, which is left alone: take it out and \`deploy-receiver reload\` to have one written, or say \`site: false\` to keep yours`
}

/** In lower case. */
export const hostOf = (url: string) => (URL.canParse(url) ? new URL(url).hostname : '')

const pathOf = (url: string) =>
  URL.canParse(url) ? new URL(url).pathname.replace(/(?<=.)\/$/, '') : '/'
