import { parseImage } from '../../protocol/image-reference.ts'

/** How an app's first deployments are triggered. */
export const TRIGGERS = ['oidc', 'token', 'hmac', 'registry', 'poll'] as const
export type Trigger = (typeof TRIGGERS)[number]

/** A repository of GitHub; its ids stay when it is renamed. */
export interface GithubRepository {
  /** `owner/name` */
  name: string
  ids?: { repository: string; owner: string }
  /** Whose pushes are deployed. */
  branch: string
}

/** What a first config is made of: a host with one app. */
export interface FirstConfig {
  /** Public name of the receiver. */
  host: string
  /** Whom certificate authorities write to; absent: no HTTPS. */
  email?: string
  /** ACME directory of another CA than Let's Encrypt. */
  ca?: string
  app: string
  /** Repository of its image, with a tag if that is not `latest`. */
  image: string
  /** The Compose project whose service it is, and whether that says the image. */
  compose?: { file: string; service: string; namesImage: boolean }
  domain: string
  /** Absent: the image's only EXPOSEd one. */
  port?: number
  /** User at the image's registry; absent: everybody may pull. */
  login?: string
  trigger: Trigger
  /** With `oidc`, whose workflows deploy. */
  github?: GithubRepository
}

/** What has to stand in the env file. */
export interface FirstVariable {
  name: string
  kind: 'password' | 'token' | 'hmac'
  /** What it is, for a comment. */
  what: string
}

/** Kinds of credentials by which the app accepts hooks, as the receiver calls them. */
export function acceptedBy({ trigger, image }: Pick<FirstConfig, 'trigger' | 'image'>): string[] {
  switch (trigger) {
    case 'oidc':
      return ['oidc']
    case 'hmac':
      return ['hmac']
    case 'token':
      return ['basic']
    case 'registry':
      return [isAtGithub(image) ? 'github' : 'basic']
    case 'poll':
      return []
  }
}

/** Of a first config its text, and the variables that it names. No secret stands in it. */
export function writeFirstConfig(first: FirstConfig): { text: string; variables: FirstVariable[] } {
  const variables: FirstVariable[] = []
  /** How a value of the env file stands in the text. */
  const secret = (variable: FirstVariable) => {
    variables.push(variable)
    return `'\${${variable.name}}'`
  }
  const lines = [
    '# written by deploy-receiver init; docs/config.md has every key, `deploy-receiver check` says what is wrong',
    `url: ${first.email === undefined ? 'http' : 'https'}://${first.host}`,
    ...(first.email === undefined ? [] : tls(first.email, first.ca)),
    ...(first.login === undefined ? [] : registries(first.image, first.login, secret)),
    'apps:',
    `  ${quoted(first.app)}:`,
    ...[
      ...(first.compose === undefined ? [] : compose(first.compose)),
      ...(first.compose?.namesImage === true ? [] : [`image: ${quoted(first.image)}`]),
      `domains: [${quoted(first.domain)}]`,
      ...(first.port === undefined ? [] : [`port: ${first.port}`]),
      ...(first.trigger === 'poll' ? ['poll: 1m'] : ['auth:', ...auth(first, secret)]),
    ].map((line) => `    ${line}`),
  ]
  return { text: `${lines.join('\n')}\n`, variables }
}

const compose = ({ file, service }: { file: string; service: string }) => [
  'compose:',
  `  file: ${quoted(file)}`,
  `  service: ${quoted(service)}`,
]

const tls = (email: string, ca: string | undefined) => [
  'tls:',
  `  email: ${quoted(email)}`,
  ...(ca === undefined ? [] : [`  server: ${quoted(ca)}`]),
]

type Secret = (variable: FirstVariable) => string

function registries(image: string, user: string, secret: Secret): string[] {
  const { registry } = parseImage(image)
  const name = PASSWORDS.get(registry) ?? 'REGISTRY_PASSWORD'
  const what = `password of ${user} at ${registry}`
  return [
    'registries:',
    `  ${quoted(registry)}:`,
    `    username: ${quoted(user)}`,
    `    password: ${secret({ name, kind: 'password', what })}`,
  ]
}

const PASSWORDS = new Map([
  ['ghcr.io', 'GHCR_TOKEN'],
  ['docker.io', 'DOCKER_HUB_TOKEN'],
])

function auth({ app, image, trigger, github }: FirstConfig, secret: Secret): string[] {
  const prefix = `${/^[a-z]/.test(app) ? '' : 'APP_'}${app.toUpperCase().replaceAll('-', '_')}`
  const what = `of hooks for ${app}`
  if (trigger === 'hmac') {
    const text = secret({ name: `${prefix}_HOOK_SECRET`, kind: 'hmac', what: `secret ${what}` })
    return [`  secrets: [${text}]`]
  }
  if (trigger === 'registry' && isAtGithub(image)) {
    const name = `${prefix}_GITHUB_SECRET`
    return [
      '  github:',
      `    secret: ${secret({ name, kind: 'token', what: `secret of GitHub's webhook for ${app}` })}`,
    ]
  }
  if (trigger === 'oidc' && github !== undefined) return ['  oidc:', ...pins(github)]
  const text = secret({ name: `${prefix}_HOOK_TOKEN`, kind: 'token', what: `token ${what}` })
  return ['  basic:', `    token: ${text}`]
}

/** By its number where that is known: a name may become another one's. */
function pins({ name, ids, branch }: GithubRepository): string[] {
  const whose =
    ids === undefined
      ? [`repository: ${quoted(name)}`]
      : [
          `repository_id: '${ids.repository}' # ${name}`,
          `repository_owner_id: '${ids.owner}' # ${name.split('/', 1)[0]}`,
        ]
  return [...whose, `ref: ${quoted(`refs/heads/${branch}`)}`].map((line) => `    ${line}`)
}

const isAtGithub = (image: string) => parseImage(image).registry === 'ghcr.io'

/** A text as YAML has it, whatever is in it; `$` begins a variable otherwise. */
function quoted(text: string): string {
  if (PLAIN.test(text) && !WORDS.has(text)) return text
  return `'${text.replaceAll("'", "''").replaceAll('$', '$$$$')}'`
}

const PLAIN = /^[A-Za-z][A-Za-z0-9_./@-]*$/
/** What YAML 1.1 or 1.2 take for something else than a text. */
const WORDS = new Set(['true', 'false', 'null', 'yes', 'no', 'on', 'off', 'y', 'n'])
