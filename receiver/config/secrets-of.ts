import type { HealthPolicy } from '../core/app.ts'
import type { Secret } from '../core/redact.ts'
import type { ContainerSettings } from '../core/slots/container-settings.ts'
import type { Config } from './config.ts'

/** Every secret of a config: logins, keys, tokens, and the values that the containers get. */
export function secretsOf(config: Config): Secret[] {
  return [
    ...named('read token', config.readTokens),
    ...passwordsOf(config.registries),
    ...Object.values(config.apps).flatMap(({ name, auth, container, health, registries }) => [
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
      ...valuesOf(container, health),
    ]),
  ]
}

const passwordsOf = (registries: Config['registries']): Secret[] =>
  Object.entries(registries).flatMap(([host, login]) => {
    const name = `password of ${host}`
    if (login.kind === 'azure') return named(name, [login.clientSecret])
    if (login.kind !== 'password') return []
    const { username, password } = login
    return named(name, [password, encoded(username, password)])
  })

/** The values that a container and its probe get. */
export function valuesOf(
  { environment }: Pick<ContainerSettings, 'environment'>,
  { headers }: Pick<HealthPolicy, 'headers'>,
): Secret[] {
  return (
    [...Object.entries(environment), ...Object.entries(headers)]
      // shorter ones are words and numbers, which stand everywhere
      .filter(([, value]) => value.length >= 8)
      .map(([name, value]) => ({ name, value }))
  )
}

const named = (name: string, values: readonly string[]): Secret[] =>
  values.map((value) => ({ name, value }))

/** As in an `Authorization: Basic` header, and in Docker's `auths`. */
const encoded = (user: string, password: string) =>
  Buffer.from(`${user}:${password}`).toString('base64')
