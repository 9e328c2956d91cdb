import { createRedact, type Redact, type Secret } from './redact.ts'

/** Of tokens that are asked for again and again, only so many are known: the older ones have ended. */
const MOST_TOKENS = 200

/** Secrets by whose texts they are taken out of. */
export interface Secrets {
  /** Of everybody's: keys, tokens, logins. */
  common: readonly Secret[]
  /** Of an app's own: what its containers get. A value of one app may be an innocent word to another. */
  apps: Readonly<Record<string, readonly Secret[]>>
  /** Words of which the logs are made, like the names of apps: an app's own value that is one of them is shown. */
  names?: ReadonlySet<string>
}

/** Redaction by what is secret now. */
export interface Redactor {
  /** For what is of no single app: takes the secrets of all out. */
  redact: Redact
  /** For what is of this app. */
  of(app: string): Redact
  /** These are secret now by the config; those of before are no more. */
  take(secrets: Secrets): void
  /** These are secret now by what runs of this app; those of before are no more. */
  keep(app: string, secrets: readonly Secret[]): void
  /** Takes these out until newer ones have taken their place. */
  learnTokens(secrets: readonly Secret[]): void
}

export function createRedactor(first: Secrets): Redactor {
  let configured = first
  let tokens: readonly Secret[] = []
  const running = new Map<string, readonly Secret[]>()
  /** What was made of all that, as long as nothing of it changes; '' is for all. */
  const made = new Map<string, Redact>()

  const make = (app: string): Redact => {
    const apps = app === '' ? [...Object.keys(configured.apps), ...running.keys()] : [app]
    const own = apps.flatMap((each) => [
      ...(Object.hasOwn(configured.apps, each) ? (configured.apps[each] ?? []) : []),
      ...(running.get(each) ?? []),
    ])
    const unnamed = own.filter(({ value }) => configured.names?.has(value) !== true)
    return createRedact([...configured.common, ...tokens, ...unnamed])
  }
  const redactFor = (app: string): Redact => {
    const known = made.get(app) ?? make(app)
    made.set(app, known)
    return known
  }
  return {
    redact: (value) => redactFor('')(value),
    of: (app) => (value) => redactFor(app)(value),
    take(secrets) {
      configured = secrets
      made.clear()
    },
    keep(app, secrets) {
      // told at each beginning and end of a deployment, most of which change nothing of it
      if (isSame(secrets, running.get(app) ?? [])) return
      if (secrets.length === 0) running.delete(app)
      else running.set(app, secrets)
      made.clear()
    },
    learnTokens(secrets) {
      const known = new Set(tokens.map(({ value }) => value))
      const more = secrets.filter(({ value }) => !known.has(value))
      if (more.length === 0) return
      tokens = [...more, ...tokens].slice(0, MOST_TOKENS)
      made.clear()
    },
  }
}

const isSame = (some: readonly Secret[], others: readonly Secret[]): boolean =>
  some.length === others.length &&
  some.every(({ name, value }, at) => name === others[at]?.name && value === others[at].value)
