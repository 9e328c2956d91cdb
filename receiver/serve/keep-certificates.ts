import { setTimeout as pause } from 'node:timers/promises'
import { isPreviewOf } from '../../protocol/preview-name.ts'
import type { AppConfig, Config } from '../config/config.ts'
import type { Apps } from '../core/apps.ts'
import type { StandingCertificate, WantedCertificate } from '../core/certificates/certificate.ts'
import { describeCertificate, whyPlain } from '../core/certificates/describe.ts'
import { CertificateError } from '../core/certificates/error.ts'
import {
  type CertificatePorts,
  type Certificates,
  keepCertificates,
} from '../core/certificates/keep.ts'
import { heldBack } from '../core/certificates/limits.ts'
import { onRecord } from '../core/certificates/on-record.ts'
import { type Passing, type PassingPorts, tidyPassing } from '../core/certificates/passing.ts'
import type { Clock } from '../core/clock.ts'
import { defined } from '../core/defined.ts'
import type { Finding } from '../core/finding.ts'
import type { Log } from '../core/log.ts'
import { upstreamsOf } from '../core/slots/show-apps.ts'
import { obtain } from '../edges/certbot/obtain.ts'
import { readPair } from '../edges/certbot/pair.ts'
import { certbotFiles, lineageOf } from '../edges/certbot/places.ts'
import { removeCertificate } from '../edges/certbot/remove.ts'
import { installRenewalHook } from '../edges/certbot/renewal-hook.ts'
import type { SiteFiles } from '../edges/nginx/sites.ts'
import { createCertificateAttempts } from '../edges/store/certificate-attempts.ts'
import {
  createCertificateOrders,
  createPassingCertificates,
} from '../edges/store/certificate-orders.ts'
import { PROGRAM } from '../installed.ts'
import type { OpenStore } from './open-store.ts'
import { filesOf, isPreview, lentTo, serverOf, showersOf, tlsSites } from './site-tls.ts'

/** A reload may wait so long for deployments to come to their end. */
const QUIET_WITHIN_MS = 15 * 60_000
const ASK_EVERY_MS = 1000

export interface KeptCertificates extends Certificates {
  /** How each of them is, for people. */
  describe(): Promise<Finding[]>
  /** When each of those that are there is over. */
  ends(): { site: string; notAfter: string }[]
  /** Why visitors of a preview come to it without TLS for now, in one line; `undefined`: they do not, or it is to have none. */
  whyPlain(app: string): string | undefined
}

/** Looks after the certificates of all sites, as long as the receiver runs. */
export function startCertificates(
  config: () => Config,
  {
    apps,
    sites,
    store: { database, journal, record, previews },
    installation,
    clock,
    log,
    signal,
  }: {
    apps: Pick<Apps<AppConfig>, 'all'>
    sites: Pick<SiteFiles, 'ensure' | 'leaf' | 'receiver' | 'reload'>
    store: Pick<OpenStore, 'database'> & {
      journal: Pick<OpenStore['journal'], 'unfinished' | 'live' | 'next' | 'settings'>
      record: Pick<OpenStore['record'], 'upstreams'>
      previews: Pick<OpenStore['previews'], 'get'>
    }
    installation: string
    clock: Clock
    log: Log
    signal: AbortSignal
  },
): KeptCertificates {
  const isQuiet = () => [...apps.all().keys()].every((app) => journal.unfinished(app).length === 0)
  const attempts = createCertificateAttempts(database)
  const orders = createCertificateOrders(database)
  const passing = createPassingCertificates(database)
  /** What never came up uses nothing up. */
  const isWanted = ({ site, isPassing }: WantedCertificate) =>
    isPassing !== true || journal.live(site) !== undefined
  const ports: CertificatePorts = {
    wanted: () => wantedCertificates(config()).filter(isWanted),
    read: (site) => readCertificate(site, config()),
    leaf: (name) => sites.leaf(name.replace(/^\*/, 'deploy-receiver-asks')),
    async show(site) {
      const showers = showersOf(site, apps.all().values())
      const shown = await sites.ensure(upstreamsOf(showers, { record, journal }), () => 'leave')
      // the receiver's own, and what names get over TLS that no site has
      const own = await sites.receiver.ensure('leave')
      if (!shown.changed && !own.changed) await sites.reload()
    },
    async quiet(stop) {
      const began = clock.ms()
      while (!isQuiet() && clock.ms() - began < QUIET_WITHIN_MS) {
        await pause(ASK_EVERY_MS, undefined, { signal: stop })
      }
    },
    obtain: onRecord(
      async (wanted, reason, stop) => {
        const { tls, data, file, nginx } = config()
        // what is wanted of a CA is so by a config that has one
        if (tls === undefined) throw new CertificateError('there is no CA to ask', { hint: 'tls' })
        hook({ installation, directory: tls.directory, program: PROGRAM, config: file, nginx })
        if (wanted.isPassing === true) passing.put(withNamesBefore(wanted, passing.all()))
        await obtain(wanted, reason, { acme: tls, data, signal: stop })
      },
      { orders, clock },
    ),
    held: (wanted, reason) =>
      wanted.isPassing === true
        ? heldBack(wanted, reason, { orders: orders.all(), clock })
        : undefined,
    tidy: () => tidyPassing(passingPorts),
    attempts,
    clock,
    log,
  }
  const passingPorts: PassingPorts = {
    record: passing,
    ownerOf(site) {
      const { apps: all } = config()
      const app = Object.hasOwn(all, site) ? all[site] : undefined
      if (app !== undefined && !isPreview(app)) return 'app'
      // one that is on its way to work, or away, still has it
      const isHad =
        previews.get(site) !== undefined && (app === undefined || app.tls?.kind === 'acme')
      return isHad ? 'preview' : 'nobody'
    },
    read: (site) => readPair(certbotFiles(site, config().tls?.directory)),
    keepMs: (site) => keepMs(site, config()),
    remove: (each) => removeCertificate(each, config().tls?.directory),
    forget: attempts.clear,
    clock,
    report: (message, details, level = 'warn') => log(level, message, details),
  }
  /** Without it a renewal is seen within a minute. */
  const hook = (what: Parameters<typeof installRenewalHook>[0]) => {
    try {
      installRenewalHook(what)
    } catch (error) {
      log('warn', "the script for Certbot's renewals could not be written", { error })
    }
  }
  return {
    ...keepCertificates(ports, signal),
    describe: () => describeAll(config(), ports),
    ends: () => ports.wanted().flatMap(({ site }) => endOf(site, ports)),
    whyPlain(app) {
      const spec = apps.all().get(app)
      const [name] = spec?.domains ?? []
      if (spec === undefined || name === undefined || !isPreview(spec)) return undefined
      const wanted = wantedCertificates(config()).find(({ site, shownAt }) =>
        shownAt === undefined ? site === app : shownAt.includes(name),
      )
      return wanted === undefined ? undefined : whyPlain(wanted, name, ports)
    },
  }
}

/** A pull request that is opened again within it finds its certificate. */
const KEPT_MS = 7 * 24 * 60 * 60 * 1000

/** As long as a preview itself would last, if that is shorter. */
function keepMs(site: string, { apps }: Pick<Config, 'apps'>): number {
  const parent = Object.values(apps).find(({ name }) => isPreviewOf(site, name))
  const { ttlMs } = parent?.previews ?? {}
  if (ttlMs === undefined) return 0
  return ttlMs === 0 ? KEPT_MS : Math.min(ttlMs, KEPT_MS)
}

/** Of another domain that its previews had Certbot may keep a copy of what it asked with, too. */
const withNamesBefore = ({ site, names }: WantedCertificate, all: readonly Passing[]): Passing => {
  const before = all.find((each) => each.site === site)?.names ?? []
  return { site, names: [...new Set([...before, ...names])] }
}

function endOf(site: string, { read }: Pick<CertificatePorts, 'read'>) {
  try {
    const notAfter = read(site)?.notAfter
    return notAfter === undefined ? [] : [{ site, notAfter }]
  } catch {
    // `doctor` says what is wrong with its files
    return []
  }
}

const describeAll = (
  config: Config,
  ports: Omit<Parameters<typeof describeCertificate>[1], 'lent'>,
): Promise<Finding[]> => {
  const lent = (site: string) => lentTo(site, config)
  return Promise.all(
    wantedCertificates(config).map((wanted) => describeCertificate(wanted, { ...ports, lent })),
  )
}

/** How they are when no receiver runs: what was asked in vain is in its record. */
export const describeWithoutRecord = (
  config: Config,
  { sites, clock }: { sites: Pick<SiteFiles, 'leaf'>; clock: Clock },
): Promise<Finding[]> =>
  describeAll(config, {
    read: (site) => readCertificate(site, config),
    leaf: (name) => sites.leaf(name),
    attempts: { get: () => undefined, set: () => {}, clear: () => {} },
    clock,
  })

/** The certificates that the sites of a config are to have. */
function wantedCertificates(config: Config): WantedCertificate[] {
  const { tls: acme } = config
  return tlsSites(config).map(({ source, ...each }): WantedCertificate => {
    if (source.kind === 'files' || acme === undefined) return each
    const { server, isTrial = false } = acme
    if (source.kind === 'acme') return { ...each, ca: { server, isTrial } }
    const { plugin, credentials } = source
    const dns = { plugin, ...defined({ credentials }) }
    return { ...each, ca: { server, isTrial, dns } }
  })
}

function readCertificate(site: string, config: Config): StandingCertificate | undefined {
  const source = tlsSites(config).find((each) => each.site === site)?.source
  if (source === undefined) return undefined
  const pair = readPair(filesOf(site, source, config))
  if (pair === undefined || source.kind === 'files') return pair
  const server = serverOf(lineageOf(site), config)
  return { ...pair, ...(server === undefined ? {} : { server }) }
}
