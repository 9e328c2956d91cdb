import type { HealthPolicy } from '../core/app.ts'
import type { Secret } from '../core/redaction/redact.ts'
import type { Secrets } from '../core/redaction/redactor.ts'
import type { ContainerSettings } from '../core/slots/container-settings.ts'
import type { Config } from './config.ts'
import { credentialsIn, isSecret } from './secret-values.ts'

/** Every secret of a config: logins, keys and tokens, and those that the containers get. */
export function secretsOf(config: Config): Secrets {
  const apps = Object.values(config.apps)
  const names = namesOf(config)
  return {
    common: [
      ...named('read token', config.readTokens),
      ...passwordsOf(config.registries),
      ...apps.flatMap(({ name, auth, registries }) => [
        ...passwordsOf(registries),
        ...named(`secret of ${name}`, auth.secrets),
        ...named(
          `secret of ${name}`,
          auth.secrets.map((secret) => secret.replace(/^whsec_/, '')),
        ),
        ...auth.basic.tokens.flatMap((token) =>
          named(`token of ${name}`, [token, encoded(name, token), encoded(`$${name}`, token)]),
        ),
        ...named(`secret of ${name}`, auth.github),
      ]),
    ],
    apps: Object.fromEntries(
      apps.map(({ name, container, health, variables }) => [
        name,
        [...secretsOfContainer(container, health), ...secretsOfVariables(variables)].filter(
          ({ value }) => !names.has(value),
        ),
      ]),
    ),
  }
}

/** All of both: while one config takes the place of another. */
export function secretsOfBoth(one: Secrets, other: Secrets): Secrets {
  const apps = new Set([...Object.keys(one.apps), ...Object.keys(other.apps)])
  return {
    common: [...one.common, ...other.common],
    apps: Object.fromEntries(
      [...apps].map((app) => [app, [...(one.apps[app] ?? []), ...(other.apps[app] ?? [])]]),
    ),
  }
}

/** What a container and its probe get that must not be seen. */
export function secretsOfContainer(
  { environment, secretEnvironment }: Pick<ContainerSettings, 'environment' | 'secretEnvironment'>,
  { headers, secretHeaders }: Pick<HealthPolicy, 'headers' | 'secretHeaders'>,
): Secret[] {
  const of = (values: Readonly<Record<string, string>>, names: readonly string[]) =>
    names.flatMap((name) => {
      const value = values[name] ?? ''
      return named(name, [value, ...credentialsIn(value), ...schemeless(value)])
    })
  return [...of(environment, secretEnvironment), ...of(headers, secretHeaders)]
}

/** Some are filled in elsewhere than in the environment: in a command, a label, a volume's path. */
const secretsOfVariables = (variables: Readonly<Record<string, string>>): Secret[] =>
  Object.entries(variables)
    .filter(([name, value]) => isSecret({ name, value, fromOutside: true }))
    .flatMap(([name, value]) => named(name, [value, ...credentialsIn(value)]))

/** The token of `Bearer …`. */
const schemeless = (value: string) => {
  const token = /^[A-Za-z]+ +(\S{8,})$/.exec(value)?.[1]
  return token === undefined ? [] : [token]
}

/** The config's own words, which its logs are made of. */
function namesOf({ apps, network, registries }: Config): Set<string> {
  return new Set([
    network.name,
    ...Object.keys(registries),
    ...Object.values(apps).flatMap(({ name, domains, image, container, registries: own }) => [
      name,
      ...domains,
      image.repository,
      image.tag,
      ...container.networks,
      ...Object.keys(own),
    ]),
  ])
}

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
