import type { Config } from '../../config/config.ts'
import type { Finding } from '../../core/finding.ts'
import type { Deaf } from '../../edges/access-log.ts'
import type { Telling } from '../../edges/nginx/ask/who-tells.ts'
import type { SiteFiles } from '../../edges/nginx/sites.ts'
import { look } from './look.ts'

export interface TrafficPorts extends Pick<SiteFiles, 'whoTells'> {
  /** Why the receiver cannot hear of requests, though it wants to. */
  whyDeaf: () => Deaf | undefined
}

/** Whether figures of traffic come. What keeps them away is no more than a warning: nothing depends on them. */
export const lookAtTraffic = (
  { accessLog, apps }: Pick<Config, 'accessLog' | 'apps'>,
  { whyDeaf, whoTells }: TrafficPorts,
): Promise<Finding> =>
  look('traffic', async () => {
    if (!accessLog) return 'off: access_log is false'
    const deaf = whyDeaf()
    if (deaf !== undefined) return deaf
    const told = await whoTells()
    if (told === 'elsewhere') return 'not told: Nginx is in a container or on another machine'
    const { file, places } = told
    if (places === undefined) return 'not known: Nginx does not say what it logs'
    const silent = Object.values(apps).flatMap(({ name, http }) => {
      const first = places.find(({ app, isTold }) => http && app === name && !isTold)
      return first === undefined ? [] : [first]
    })
    if (silent.length === 0) return 'Nginx tells of the requests of all apps'
    const message = `Nginx does not tell of all requests of ${silent.map(({ app }) => app).join(', ')}`
    return { message, hint: [...new Set(silent.map((each) => remedyOf(each, file)))].join('\n') }
  })

function remedyOf({ app, why, file = '' }: Telling, own: string): string {
  if (why === 'older')
    return `${file} has lines of an older version: ${ANEW}, or include ${app}.proxy`
  if (why === 'none') return `${own} has no such line: ${ANEW}`
  const what = why === 'off' ? '`access_log off`' : 'an `access_log` of its own'
  return `${file} has ${what}: beside it belongs the line that stands in a comment in ${own}`
}

const ANEW = 'deploy-receiver reload --overwrite writes it anew'
