import { dirname, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import ipaddr from 'ipaddr.js'
import { withoutTrailingSlash } from '../../protocol/trailing-slash.ts'
import { defined } from '../core/defined.ts'
import { parseNetwork } from '../core/ip-address.ts'
import { type AppDefaults, readApp } from './app.ts'
import { type ComposeAnswer, noProjects, takeServices } from './compose/project.ts'
import { DEFAULT_DATA } from './compose/source.ts'
import type { AppConfig, Config } from './config.ts'
import { domainOwners } from './domains.ts'
import { refuseClashes } from './engines/swarm-clashes.ts'
import { refuseSameWorkload } from './engines/workload-clashes.ts'
import { warnOfAdmin, warnOfListen } from './exposure.ts'
import { warnOfAccess } from './file-access.ts'
import { readPage, remarkOfPage } from './page.ts'
import { readProxies, readRateLimit } from './limits.ts'
import { readGithubApp } from './github-app.ts'
import { readLogLevel } from './log-level.ts'
import { DOCKER_NETWORK } from './networks.ts'
import { readNginx } from './nginx.ts'
import { readFleet } from './fleet.ts'
import { readNotify } from './notify.ts'
import type { Remarks } from './problems.ts'
import { createReader, type Field, type Reader } from './reader.ts'
import { refuseMeeting } from './previews/domain.ts'
import { warnOfRoom } from './previews/room.ts'
import { refuseTwoWays } from './previews/tls.ts'
import { readRegistries } from './registries.ts'
import { type SecretOwners, secretTexts } from './secrets.ts'
import { readTls } from './tls.ts'
import { DEFAULT_SOCKET } from './socket.ts'
import { readSource } from './source.ts'
import { boolean, emptyRecord, matching } from './values.ts'
import { readVariables, warnOfVariables } from './variables.ts'

const PATH = /^\/+[A-Za-z0-9._-][A-Za-z0-9._/-]*$/

/**
 * Reads and checks a config file; variables come from `env` and the env file beside it. What it returns is frozen. Throws
 * `ConfigError` with every problem and its place.
 * @param remark is told what a right config has remarked of it
 * @param text of the file, if it is not to be read once more
 * @param projects what Compose says of the projects that apps are services of, by `sourceId`
 * @param withPreviews whether `previews` of apps are read
 * @param tolerant what is wrong with Compose projects of previews is warned of, and in the way of these alone
 */
export function loadConfig(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
  remark: (remarks: Remarks) => void = () => {},
  {
    text,
    projects,
    withPreviews = true,
    tolerant = false,
  }: {
    text?: string
    projects?: ReadonlyMap<string, ComposeAnswer>
    withPreviews?: boolean
    tolerant?: boolean
  } = {},
): Config {
  const path = resolve(file)
  const reader = createReader(path, text ?? readSource(path), readVariables(path, env))
  const keys = reader.mapping(reader.root, [
    'url',
    'listen',
    'socket',
    'admin',
    'data',
    'network',
    'nginx',
    'tls',
    'site',
    'registries',
    'trusted_proxies',
    'rate_limit',
    'log_level',
    'access_log',
    'read_tokens',
    'page',
    'notify',
    'github_app',
    'fleet',
    'apps',
    // files that apps mount
    'configs',
    'secrets',
  ])
  const owners: SecretOwners = new Map()
  const url = readUrl(reader, keys.get('url'))
  const { nginx, site } = readNginx(reader, keys.get('nginx'))
  const tls = readTls(reader, keys.get('tls'))
  const ownSite = isOwnSite(reader, keys.get('site')) ? site : undefined
  const page = readPage(reader, keys.get('page'), { owners, url })
  remarkOfPage(reader, keys.get('page'), { page, url, isOwnSite: ownSite !== undefined, tls })
  const apps = readApps(reader, keys.get('apps'), {
    secrets: owners,
    domains: domainOwners({ url, page: page?.domain }, reader.mapping(keys.get('apps')).keys()),
    site,
    acme: tls !== undefined,
    projects: noProjects(projects, { withPreviews, tolerant }),
  })
  const config: Config = {
    file: path,
    url,
    listen: readAddress(reader, keys.get('listen'), '127.0.0.1:9080'),
    socket: absolute(reader, keys.get('socket')) ?? DEFAULT_SOCKET,
    admin: readAddress(reader, keys.get('admin'), '127.0.0.1:9081'),
    data: withoutTrailingSlash(absolute(reader, keys.get('data')) ?? DEFAULT_DATA),
    network: readNetwork(reader, keys.get('network')),
    nginx,
    ...(tls === undefined ? {} : { tls }),
    ...defined({ site: ownSite }),
    registries: readRegistries(reader, keys.get('registries'), dirname(path)),
    trustedProxies: readProxies(reader, keys.get('trusted_proxies')),
    rateLimit: readRateLimit(reader, keys.get('rate_limit')),
    logLevel: readLogLevel(reader, keys.get('log_level')),
    accessLog: boolean(reader, keys.get('access_log')) ?? true,
    ...defined({
      page,
      githubApp: readGithubApp(reader, keys.get('github_app'), { directory: dirname(path), apps }),
    }),
    notify: readNotify(reader, keys.get('notify'), { owners, apps: Object.keys(apps) }),
    readTokens: secretTexts(reader, keys.get('read_tokens'), owners),
    fleet: readFleet(reader, keys.get('fleet')),
    apps,
  }
  refuseClashes(reader, keys.get('apps'), { apps, network: config.network.name })
  refuseSameWorkload(reader, keys.get('apps'), apps)
  warnOfRoom(reader, keys.get('network') ?? keys.get('apps'), config)
  warnOfListen(reader, keys.get('listen'), config.listen.host)
  warnOfAdmin(reader, keys.get('admin'), config.admin.host)
  const secret = reader.firstSecret()
  warnOfAccess(reader, secret ?? reader.root, { file: path, holdsSecret: secret !== undefined })
  warnOfVariables(reader, env)
  remark(reader.finish())
  return freeze(config)
}

function readUrl(reader: Reader, field: Field | undefined): string {
  const text = reader.text(field)
  if (text === undefined) {
    if (reader.isNothing(field)) {
      reader.problem(
        field ?? reader.root,
        'url is missing',
        'name the public base URL, like https://deploy.example.com',
      )
    }
    return ''
  }
  const url = URL.canParse(text) ? new URL(text) : undefined
  const right =
    url !== undefined && /^https?:\/\/[^\s\\]+$/.test(text) && `${url.search}${url.hash}` === ''
  if ((!right || text.includes('@')) && field !== undefined) {
    reader.problem(
      field,
      text.includes('@')
        ? 'there is a user name or password in it'
        : `${JSON.stringify(text)} is not a base URL`,
      'write it like https://deploy.example.com',
    )
  }
  return withoutTrailingSlash(text)
}

/** Whether the host of `url` is a site of the receiver's own. */
function isOwnSite(reader: Reader, field: Field | undefined): boolean {
  if (field !== undefined && reader.isMapping(field)) {
    const message = 'this says whether the receiver has a site of its own: true or false'
    reader.problem(field, message, 'what holds for the sites of all apps stands under nginx.site')
    return true
  }
  return boolean(reader, field) ?? true
}

function readAddress(
  reader: Reader,
  field: Field | undefined,
  otherwise: string,
): { host: string; port: number } {
  const text = reader.text(field) ?? otherwise
  const [, host = '', portText = ''] =
    /^(\[[0-9a-f:]+\]|[A-Za-z0-9.-]+):(\d{1,5})$/.exec(text) ?? []
  const port = Number(portText)
  if (field !== undefined && (host === '' || port < 1 || port > 65_535)) {
    reader.problem(
      field,
      `${JSON.stringify(text)} is not an address`,
      'write host:port, like 127.0.0.1:9080',
    )
  }
  return { host: host.replace(/^\[|\]$/g, ''), port }
}

function absolute(reader: Reader, field: Field | undefined): string | undefined {
  return matching(reader, field, PATH, 'an absolute path of letters, digits and . _ - /')
}

function readNetwork(reader: Reader, field: Field | undefined): Config['network'] {
  const keys = reader.mapping(field, ['name', 'subnet', 'previews'])
  const readSubnet = (at: Field | undefined, otherwise: string) => {
    const subnet = reader.text(at) ?? otherwise
    if (at !== undefined && !isSubnet(subnet)) {
      reader.problem(
        at,
        `${JSON.stringify(subnet)} is not a subnet`,
        `an IPv4 network from /16 to /28, like ${otherwise}`,
      )
    }
    return subnet
  }
  const subnet = readSubnet(keys.get('subnet'), '10.213.0.0/20')
  const apart = keys.get('previews')
  const previews = apart && readSubnet(apart, '10.213.16.0/20')
  if (apart !== undefined && previews !== undefined && meet(subnet, previews)) {
    reader.problem(
      apart,
      `${previews} and network.subnet, ${subnet}, have addresses in common`,
      'give previews a network beside it',
    )
  }
  return {
    name: matching(reader, keys.get('name'), DOCKER_NETWORK, "a Docker network's name") ?? 'deploy',
    subnet,
    ...defined({ previews }),
  }
}

/** What is not a subnet meets none. */
function meet(...subnets: [string, string]): boolean {
  const [one, other] = subnets.map(parseNetwork)
  if (one?.address.kind() !== 'ipv4' || other?.address.kind() !== 'ipv4') return false
  return one.address.match(other.address, Math.min(one.bits, other.bits))
}

/** Written as its first address, and not too large or too small to be shared out. */
function isSubnet(text: string): boolean {
  const { address, bits } = parseNetwork(text) ?? {}
  if (address?.kind() !== 'ipv4' || bits === undefined || bits < 16 || bits > 28) return false
  return text === `${ipaddr.IPv4.networkAddressFromCIDR(text).toString()}/${bits}`
}

function readApps(
  reader: Reader,
  field: Field | undefined,
  defaults: AppDefaults,
): Record<string, AppConfig> {
  const apps = emptyRecord<AppConfig>()
  takeServices(reader, reader.mapping(field), defaults.projects)
  for (const [name, each] of reader.mapping(field)) {
    const app = readApp(reader, name, each, defaults)
    const { repository } = app.image
    const twin = Object.values(apps).find(({ image }) => image.repository === repository)
    const loginOf = ({ registries }: AppConfig) =>
      registries[repository.slice(0, repository.indexOf('/'))]
    if (twin !== undefined && !isDeepStrictEqual(loginOf(twin), loginOf(app))) {
      reader.problem(
        each,
        `${name} has another login than ${twin.name}, which runs ${repository} too`,
        'write the same under `registries:` of both',
      )
    }
    apps[name] = app
  }
  refuseMeeting(reader, reader.mapping(field), { apps, owners: defaults.domains })
  refuseTwoWays(reader, reader.mapping(field), apps)
  // none yet, or none any more, is a state to be in; a file without the key may be another file
  if (field === undefined) {
    reader.problem(reader.root, 'apps is missing', 'add apps: with an app, or apps: {} for none')
  }
  return apps
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const each of Object.values(value)) freeze(each)
  return Object.freeze(value)
}
