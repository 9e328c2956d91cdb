import { basename } from 'node:path'
import type { AppConfig } from '../../config/config.ts'
import { type Finding, found, of } from '../../core/finding.ts'
import type { Edit } from '../../edges/nginx/edited.ts'
import type { SiteFiles } from '../../edges/nginx/sites.ts'
import { look, lookAtAll } from './look.ts'

/** Whether Nginx takes its files and runs, and whether visitors come to each app that has any, and senders to the receiver. */
export const lookAtNginx = (
  apps: readonly AppConfig[],
  sites: Pick<SiteFiles, 'check' | 'look' | 'receiver'>,
): Promise<Finding>[] => [
  look('nginx', async () => {
    const { state: message, warnings } = await sites.check()
    return warnings.length === 0 ? message : { message, hint: warnings.join('\n') }
  }),
  ...apps.filter(({ http }) => http).map(({ name }) => lookAtSite(name, sites)),
  ...lookAtReceiver(sites),
]

const lookAtSite = (app: string, sites: Pick<SiteFiles, 'look'>): Promise<Finding> =>
  look(of('site', app), async () => {
    const { url, internalUrl, warning } = await sites.look(app)
    const others = internalUrl === undefined ? '' : `; other containers come by ${internalUrl}`
    const served = `Nginx serves it${url === undefined ? '' : ` at ${url}`}${others}`
    if (warning === undefined) return served
    return { message: url === undefined ? 'not known' : served, hint: warning }
  })

/** Whether Nginx passes hooks on to the receiver by its own site, and what names get that nobody has. */
const lookAtReceiver = ({ receiver }: Pick<SiteFiles, 'receiver'>): Promise<Finding>[] => [
  look({ id: 'receiver-site', what: 'site of the receiver' }, async () => {
    const notice = await receiver.notice()
    if (notice !== undefined) return { message: 'not written', hint: notice }
    const served = await receiver.look()
    if (served === undefined) return 'left to you'
    const { url, warning } = served
    const message = url === undefined ? 'Nginx serves it' : `Nginx serves it at ${url}`
    return warning === undefined ? message : { message, hint: warning }
  }),
  look({ id: 'page', what: 'page' }, async () => {
    const page = await receiver.page()
    if (page === undefined) return 'at `admin`, or beside the hooks'
    if ('notice' in page) return { message: 'no site of it is written', hint: page.notice }
    const { url, warning } = page
    const message = url === undefined ? 'Nginx serves it' : `Nginx serves it at ${url}/page/`
    return warning === undefined ? message : { message, hint: warning }
  }),
  look('unknown names', async () => (await receiver.unknownNames()) ?? 'Nginx does not say'),
]

/** What was switched on is easily forgotten. */
export const lookAtMaintenance = (
  apps: readonly AppConfig[],
  maintenanceSince: (app: string) => string | undefined,
): Finding[] =>
  apps.flatMap(({ name, http }) => {
    const since = http ? maintenanceSince(name) : undefined
    if (since === undefined) return []
    const message = `on since ${since}: visitors get 503`
    const hint = `deploy-receiver maintenance ${name} off lets them in again`
    return found(of('maintenance', name), { message, hint })
  })

/** Likewise. */
export const lookAtDrain = (drainedSince: () => string | undefined): Finding[] => {
  const since = drainedSince()
  if (since === undefined) return []
  const message = `on since ${since}: load balancers are told to send visitors elsewhere`
  return [found('drain', { message, hint: 'deploy-receiver drain off' })]
}

/** Nothing of the files that are as the receiver wrote them. */
export const lookAtFiles = (edits: () => readonly Edit[]): Promise<Finding[]> =>
  lookAtAll("nginx's files", () =>
    edits().map(({ app, file, kind, isInTheWay, difference }) => {
      const named = { id: `file:${basename(file)}`, what: `file of ${app}` }
      if (kind === 'gone') {
        const message = `${file} is gone: Nginx does not know ${app} when it is loaded again`
        return { ...named, ok: false, message, hint: 'deploy-receiver reload writes it again' }
      }
      const message = isInTheWay
        ? `${file} was edited, and the config wants another one by now`
        : `${file} was edited, and is left alone`
      return { ...named, ok: !isInTheWay, message, hint: [OVERWRITE, ...difference].join('\n') }
    }),
  )

const OVERWRITE =
  'deploy-receiver reload --overwrite writes it anew; what was done to it (+) is gone then:'
