import type { HealthPolicy, Settings } from '../core/app.ts'
import { ownServices } from '../core/project/project.ts'
import type { Secret } from '../core/redaction/redact.ts'
import type { Way } from '../core/notify/target.ts'
import type { Secrets } from '../core/redaction/redactor.ts'
import type { ContainerSettings } from '../core/slots/container-settings.ts'
import type { Config } from './config.ts'
import { credentialsIn } from './secret-values.ts'

/** Every secret of a config: logins, keys and tokens, and those that the containers get. */
export function secretsOf(config: Config): Secrets {
  const apps = Object.values(config.apps)
  return {
    names: namesOf(config),
    common: [
      ...named('read token', config.readTokens),
      ...named(
        'read_token of fleet',
        config.fleet.map(({ readToken }) => readToken),
      ),
      ...named(
        'secret of page.github',
        config.page?.github === undefined ? [] : [config.page.github.clientSecret],
      ),
      ...config.notify.flatMap(({ name, way }) => named(`notify ${name}`, secretsOfWay(way))),
      ...named('key of github_app', config.githubApp === undefined ? [] : [config.githubApp.key]),
      ...passwordsOf(config.registries),
      ...named('key of tls.eab', config.tls?.eab === undefined ? [] : [config.tls.eab.hmacKey]),
      ...apps.flatMap(({ name, auth, registries, previews }) => [
        ...passwordsOf(registries),
        ...signingSecrets(name, auth),
        ...auth.basic.tokens.flatMap((token) =>
          named(`token of ${name}`, [token, encoded(name, token), encoded(`$${name}`, token)]),
        ),
        ...named(`secret of ${name}`, auth.github),
        // whichever of them has it
        ...(previews === undefined
          ? []
          : [
              ...signingSecrets(name, previews.auth),
              ...passwordsOf(previews.app.registries),
              ...secretsOfSettings(previews.app),
            ]),
      ]),
    ],
    apps: Object.fromEntries(apps.map((app) => [app.name, secretsOfSettings(app)])),
  }
}

const signingSecrets = (name: string, { secrets }: { secrets: readonly string[] }): Secret[] =>
  named(
    `secret of ${name}`,
    secrets.flatMap((secret) => [secret, secret.replace(/^whsec_/, '')]),
  )

/** All of both: while one config takes the place of another. */
export function secretsOfBoth(one: Secrets, other: Secrets): Secrets {
  const apps = new Set([...Object.keys(one.apps), ...Object.keys(other.apps)])
  return {
    names: new Set([...(one.names ?? []), ...(other.names ?? [])]),
    common: [...one.common, ...other.common],
    apps: Object.fromEntries(
      [...apps].map((app) => [app, [...(one.apps[app] ?? []), ...(other.apps[app] ?? [])]]),
    ),
  }
}

/** What the containers of a release get that must not be seen, those of its project's other services too. */
export const secretsOfSettings = ({
  container,
  health,
  project,
}: Pick<Settings, 'container' | 'health' | 'project'>): Secret[] => [
  ...secretsOfContainer(container, health),
  ...[...(project?.oneOffs ?? []), ...(project?.workers ?? [])].flatMap((service) =>
    secretsOfContainer(service.container, NO_HEADERS),
  ),
]

const NO_HEADERS = { headers: {}, secretHeaders: [] }

/** What a container and its probe get that must not be seen. */
function secretsOfContainer(
  {
    environment,
    secretEnvironment,
    secretVariables,
  }: Pick<ContainerSettings, 'environment' | 'secretEnvironment' | 'secretVariables'>,
  { headers, secretHeaders }: Pick<HealthPolicy, 'headers' | 'secretHeaders'>,
): Secret[] {
  const of = (values: Readonly<Record<string, string>>, names: readonly string[]) =>
    names.flatMap((name) => {
      const value = values[name] ?? ''
      return named(name, [value, ...credentialsIn(value), ...schemeless(value)])
    })
  return [
    ...of(environment, secretEnvironment),
    ...of(secretVariables, Object.keys(secretVariables)),
    ...of(headers, secretHeaders),
  ]
}

/** The token of `Bearer …`. */
const schemeless = (value: string) => {
  const token = /^[A-Za-z]+ +(\S{8,})$/.exec(value)?.[1]
  return token === undefined ? [] : [token]
}

/** The config's own words and their parts, which its logs are made of: `frontend` of `frontend-app`, `acme` of `ghcr.io/acme/api`. */
function namesOf({ apps, network, registries }: Config): Set<string> {
  const names = [
    network.name,
    ...Object.keys(registries),
    ...Object.values(apps).flatMap(
      ({ name, domains, redirectFrom, image, container, registries: own, ...app }) => [
        name,
        ...domains,
        ...redirectFrom,
        image.repository,
        image.tag,
        ...container.networks,
        ...('project' in app && app.project !== undefined
          ? [app.project.name, ...ownServices(app.project)]
          : []),
        ...('swarm' in app && app.swarm.service !== undefined ? [app.swarm.service] : []),
        ...('kubernetes' in app
          ? [
              app.kubernetes.workload.name,
              app.kubernetes.namespace ?? '',
              app.kubernetes.context ?? '',
            ]
          : []),
        ...Object.keys(own),
      ],
    ),
  ]
  return new Set(names.flatMap((name) => [name, ...name.split('/'), ...name.split(/[/.:-]/)]))
}

/** The address of a channel is one: whoever knows it may write there. So may be that of any webhook. */
function secretsOfWay(way: Way): string[] {
  if (way.kind === 'email') {
    const { user, password } = way.login ?? { user: '', password: '' }
    return [
      password,
      encoded(user, password),
      Buffer.from(`\0${user}\0${password}`).toString('base64'),
    ]
  }
  const { pathname, search } = new URL(way.url)
  const place = `${pathname}${search}`
  if (way.kind !== 'webhook') return [way.url, place]
  const holdsKey = place.split(/[/?&=]/).some((part) => part.length >= LONG_PART)
  return [
    way.secret,
    way.secret.replace(/^whs(?:ec|k)_/, ''),
    ...(holdsKey ? [way.url, place] : []),
  ]
}

/** Words of a path are shorter. */
const LONG_PART = 16

const passwordsOf = (registries: Config['registries']): Secret[] =>
  Object.entries(registries).flatMap(([host, login]) => {
    const name = `password of ${host}`
    if (login.kind === 'azure') return named(name, [login.clientSecret])
    if (login.kind !== 'password') return []
    const { username, password } = login
    return named(name, [password, encoded(username, password)])
  })

const named = (name: string, values: readonly string[]): Secret[] =>
  values.map((value) => ({ name, value }))

/** As in an `Authorization: Basic` header, and in Docker's `auths`. */
const encoded = (user: string, password: string) =>
  Buffer.from(`${user}:${password}`).toString('base64')
