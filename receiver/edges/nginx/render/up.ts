import { flagsIn } from '../../slots.ts'
import { indent } from './text.ts'

/** Where load balancers ask whether to send visitors to this machine, and below it to an app of it. */
export const UP_PATH = '/.well-known/deploy-receiver/up'

/** What lies on disk of that. Nginx answers by it alone: whether the receiver runs is nothing to visitors. */
export interface Up {
  /** There: the machine is drained. */
  drained: string
  /** Folder with the flags of each app. */
  apps: string
}

/** Of a server block: for the machine, and for each of its apps, whatever name the balancer asks by. */
export const upLocations = (up: Up | undefined): string =>
  up === undefined
    ? ''
    : `# for load balancers: whether to send visitors here
location = ${UP_PATH} {
${indent(answer([up.drained]))}}
location ~ "^${UP_PATH.replaceAll('.', '\\.')}/([a-z0-9-]+)\\z" {
${indent(ofApp(up, '$1'))}}
`

/** Of a server block of the user's own, which may have several apps: for this one. */
export const upOfApp = (up: Up | undefined, app: string): string =>
  up === undefined
    ? ''
    : `# for load balancers: whether to send visitors to the app here
location = ${UP_PATH}/${app} {
${indent(ofApp(up, app))}}
`

/** One that visitors would get 503 of is not up: nothing is live, it is stopped, or one version takes the other's place. */
function ofApp({ drained, apps }: Up, name: string): string {
  const flags = flagsIn(`${apps}/${name}`)
  return answer([drained, flags.drained, flags.paused, flags.maintenance], flags.ready)
}

/** `return` comes before anything that lets in or keeps out. Nobody learns more than the status. */
const answer = (noneOf: readonly string[], needed?: string): string =>
  [
    'access_log off;',
    'open_file_cache off;',
    'default_type text/plain;',
    ...noneOf.map((file) => `if (-f ${file}) { return 503 "down\\n"; }`),
    ...(needed === undefined ? [] : [`if (!-f ${needed}) { return 503 "down\\n"; }`]),
    'return 200 "up\\n";',
    '',
  ].join('\n')
