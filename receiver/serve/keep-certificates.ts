import { setTimeout as pause } from 'node:timers/promises'
import type { AppConfig, Config } from '../config/config.ts'
import type { Apps } from '../core/apps.ts'
import type { StandingCertificate, WantedCertificate } from '../core/certificates/certificate.ts'
import { describeCertificate } from '../core/certificates/describe.ts'
import { CertificateError } from '../core/certificates/error.ts'
import {
  type CertificatePorts,
  type Certificates,
  keepCertificates,
} from '../core/certificates/keep.ts'
import type { Clock } from '../core/clock.ts'
import type { Finding } from '../core/finding.ts'
import type { Log } from '../core/log.ts'
import { upstreamsOf } from '../core/slots/show-apps.ts'
import { obtain } from '../edges/certbot/obtain.ts'
import { readPair } from '../edges/certbot/pair.ts'
import { lineageOf } from '../edges/certbot/places.ts'
import { installRenewalHook } from '../edges/certbot/renewal-hook.ts'
import type { SiteFiles } from '../edges/nginx/sites.ts'
import { createCertificateAttempts } from '../edges/store/certificate-attempts.ts'
import { PROGRAM } from '../installed.ts'
import type { OpenStore } from './open-store.ts'
import { filesOf, lentTo, serverOf, tlsSites } from './site-tls.ts'

/** A reload may wait so long for deployments to come to their end. */
const QUIET_WITHIN_MS = 15 * 60_000
const ASK_EVERY_MS = 1000

export interface KeptCertificates extends Certificates {
  /** How each of them is, for people. */
  describe(): Promise<Finding[]>
  /** When each of those that are there is over. */
  ends(): { site: string; notAfter: string }[]
}

/** Looks after the certificates of all sites, as long as the receiver runs. */
export function startCertificates(
  config: () => Config,
  {
    apps,
    sites,
    store: { database, journal, record },
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
    }
    installation: string
    clock: Clock
    log: Log
    signal: AbortSignal
  },
): KeptCertificates {
  const isQuiet = () => [...apps.all().keys()].every((app) => journal.unfinished(app).length === 0)
  const ports: CertificatePorts = {
    wanted: () => wantedCertificates(config()),
    read: (site) => readCertificate(site, config()),
    leaf: (name) => sites.leaf(name.replace(/^\*/, 'deploy-receiver-asks')),
    async show(site) {
      const app = apps.all().get(site)
      const shown = await sites.ensure(
        upstreamsOf(app ? [app] : [], { record, journal }),
        () => 'leave',
      )
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
    async obtain(wanted, reason, stop) {
      const { tls, data, file, nginx } = config()
      // what is wanted of a CA is so by a config that has one
      if (tls === undefined) throw new CertificateError('there is no CA to ask', { hint: 'tls' })
      hook({ installation, directory: tls.directory, program: PROGRAM, config: file, nginx })
      await obtain(wanted, reason, { acme: tls, data, signal: stop })
    },
    attempts: createCertificateAttempts(database),
    clock,
    log,
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
  }
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
  return tlsSites(config).map(({ site, names, source }): WantedCertificate => {
    if (source.kind === 'files' || acme === undefined) return { site, names }
    const { server, isTrial = false } = acme
    return { site, names, ca: { server, isTrial } }
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
