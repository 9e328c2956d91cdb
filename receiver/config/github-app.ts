import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { withoutTrailingSlash } from '../../protocol/trailing-slash.ts'
import { fileFailure } from '../core/file-failure.ts'
import type { AppConfig, GithubAppConfig } from './config.ts'
import { warnOfAccess } from './file-access.ts'
import { didYouMean } from './nearest.ts'
import type { Field, Reader } from './reader.ts'
import { emptyRecord, matching } from './values.ts'

const API = 'https://api.github.com'
const ISSUER = 'https://token.actions.githubusercontent.com'
const ID = /^[A-Za-z0-9.]{1,40}$/
const DIGITS = /^\d{1,20}$/
const API_URL = /^https?:\/\/[^\s\\"'@?#]{1,500}$/
const REPOSITORY = /^[A-Za-z0-9](?:-?[A-Za-z0-9_]){0,38}\/[A-Za-z0-9._-]{1,100}$/
/** Nothing that a URL or a header would break at. */
const ENVIRONMENT = /^[^\p{C}/\\]{1,255}$/u

/** Reads `github_app:`: as whom deployments are shown on GitHub, and where. */
export function readGithubApp(
  reader: Reader,
  field: Field | undefined,
  { directory, apps }: { directory: string; apps: Readonly<Record<string, AppConfig>> },
): GithubAppConfig | undefined {
  if (field === undefined || reader.isNothing(field)) return undefined
  const known = ['id', 'installation', 'key', 'api_url', 'repositories', 'environments']
  const keys = reader.mapping(field, known)
  const required = (name: string, form: RegExp, what: string) => {
    const at = keys.get(name)
    if (reader.isNothing(at)) {
      reader.problem(
        at ?? field,
        `${name} is missing`,
        'docs/notifications.md says where it is found',
      )
    }
    return matching(reader, at, form, what) ?? ''
  }
  const byApp = (name: string, form: RegExp, what: string, hint?: string) => {
    const found = emptyRecord<string>()
    for (const [app, at] of reader.mapping(keys.get(name))) {
      const text = matching(reader, at, form, what, hint)
      if (Object.hasOwn(apps, app)) found[app] = text ?? ''
      else {
        const remedy = didYouMean(app, Object.keys(apps), 'write the name of an app')
        reader.problem(at, `${JSON.stringify(app)} is not an app of this config`, remedy)
      }
    }
    return found
  }
  const repositories = byApp('repositories', REPOSITORY, 'a repository', 'write it like acme/api')
  return {
    id: required('id', ID, "a GitHub App's id"),
    installation: required('installation', DIGITS, "an installation's id"),
    key: readKey(reader, field, keys.get('key'), directory),
    apiUrl: withoutTrailingSlash(
      matching(reader, keys.get('api_url'), API_URL, "the URL of GitHub's API", ENTERPRISE) ?? API,
    ),
    repositories: Object.assign(emptyRecord<string>(), pinned(apps), repositories),
    environments: byApp('environments', ENVIRONMENT, 'the name of an environment'),
  }
}

const ENTERPRISE = 'of an Enterprise Server it is like https://github.example.com/api/v3'

/** The repositories whose workflows alone may deploy an app are the ones of its commits. */
function pinned(apps: Readonly<Record<string, AppConfig>>): Record<string, string> {
  const found = emptyRecord<string>()
  for (const { name, auth } of Object.values(apps)) {
    const rules = auth.oidc.filter(({ issuer }) => issuer === ISSUER)
    const [repository = '', ...others] = rules.flatMap(({ claims }) => claims['repository'] ?? [])
    if (others.length === 0 && REPOSITORY.test(repository)) found[name] = repository
  }
  return found
}

/** A PEM file beside the config, or the PEM itself, as a variable may have it. Never shows it. */
function readKey(
  reader: Reader,
  parent: Field,
  field: Field | undefined,
  directory: string,
): string {
  const text = reader.text(field) ?? ''
  if (field === undefined || text === '') {
    reader.problem(
      field ?? parent,
      'key is missing',
      'write the path of the .pem file that GitHub gave',
    )
    return ''
  }
  const isPem = text.startsWith('-----BEGIN')
  if (isPem) reader.noteSecret(field)
  const pem = isPem ? text.replaceAll('\\n', '\n') : readPem(reader, field, text, directory)
  if (pem === undefined) return ''
  try {
    if (createPrivateKey(pem).asymmetricKeyType === 'rsa') return pem
  } catch {
    // said below, for one of another kind too
  }
  reader.problem(
    field,
    `${isPem ? 'this' : text} is not the private key of a GitHub App`,
    'GitHub makes one under "Private keys", of the settings of the app',
  )
  return ''
}

function readPem(
  reader: Reader,
  field: Field,
  path: string,
  directory: string,
): string | undefined {
  const file = isAbsolute(path) ? path : join(directory, path)
  warnOfAccess(reader, field, { file, holdsSecret: true })
  reader.noteFile(file)
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const { message, hint } = fileFailure(file, error) ?? { message: `${file} cannot be read` }
    reader.problem(field, message, hint ?? 'write the path of the .pem file that GitHub gave')
    return undefined
  }
}
