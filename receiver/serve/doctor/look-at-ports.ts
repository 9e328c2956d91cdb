import type { Config } from '../../config/config.ts'
import { type Finding, found } from '../../core/finding.ts'
import { START_NGINX } from '../../edges/nginx/ask/not-served.ts'
import { type Holder, portHolders } from '../../edges/port-holders.ts'
import { lookAtAll } from './look.ts'
import { atNginx } from '../site-tls.ts'

type Held = Awaited<ReturnType<typeof portHolders>>

/** Who has the ports of Nginx and of the receiver. */
export const lookAtPorts = (
  config: Config,
  { isRunning, holders = portHolders }: { isRunning: boolean; holders?: typeof portHolders },
): Promise<Finding[]> =>
  lookAtAll('ports', async (signal) => {
    const nginx = nginxPorts(config)
    const own = [
      ['listen', config.listen.port],
      ['admin', config.admin.port],
    ] as const
    const held = await holders([...nginx, ...own.map(([, port]) => port)], signal)
    const wrong = [
      ...nginx.flatMap((port) => judgeNginx(port, held)),
      // of the receiver that runs nobody else can have them
      ...(isRunning ? [] : own.flatMap(([key, port]) => judgeOwn(key, port, held))),
    ]
    if (wrong.length > 0) return wrong
    const by = Map.groupBy(held, ([, all]) => [...new Set(all.map(nameOf))].join(' and '))
    const parts = [...by].map(
      ([name, all]) => `${name} has ${all.map(([port]) => port).join(', ')}`,
    )
    return [found('ports', parts.join('; ') || 'nobody has one, and nobody is to')]
  })

/** Those at which visitors of this config come in. */
function nginxPorts(config: Config): number[] {
  const { apps, nginx, site } = config
  if (site === undefined && Object.values(apps).every(({ http }) => !http)) return []
  const listen = [...nginx.listen, ...(atNginx(config).hasTls === true ? nginx.listenTls : [])]
  return [
    ...new Set(listen.map((each) => Number(/(\d{1,5})$/.exec(each.split(' ')[0] ?? '')?.[1]))),
  ]
}

/** In a container Nginx has its ports by Docker's proxy. */
const NGINX = new Set([
  'nginx',
  'openresty',
  'angie',
  'docker-proxy',
  'rootlesskit',
  'rootlessport',
])

function judgeNginx(port: number, held: Held): Finding[] {
  const holders = held.get(port)
  const subject = portNamed(port)
  if (holders === undefined) {
    const message = 'nobody listens there, and Nginx is to'
    return [{ ...subject, ok: false, message, hint: START_NGINX }]
  }
  // at another address it may be somebody else's
  if (holders.some((holder) => holder === undefined || NGINX.has(holder.program))) return []
  const message = `${nameOf(holders[0])} has it, and Nginx is to`
  return [{ ...subject, ok: false, message, hint: stop(holders[0], 'nginx.listen') }]
}

function judgeOwn(key: string, port: number, held: Held): Finding[] {
  const holders = held.get(port)
  if (holders === undefined) return []
  const message = `${nameOf(holders[0])} has it, and the receiver is to (${key})`
  return [{ ...portNamed(port), ok: false, message, hint: stop(holders[0], key) }]
}

const portNamed = (port: number) => ({ id: `port:${port}`, what: `port ${port}` })

const stop = (holder: Holder | undefined, key: string) =>
  holder === undefined
    ? 'run it as root, and it says who that is'
    : `\`systemctl status ${holder.pid}\` shows which service that is: stop it, or write another port as ${key}`

const nameOf = (holder: Holder | undefined) =>
  holder === undefined ? 'a process of another user' : `${holder.program} (pid ${holder.pid})`
