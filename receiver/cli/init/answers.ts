import { parseImage } from '../../../protocol/image-reference.ts'
import type { FirstConfig, GithubRepository } from '../../config/first-config.ts'
import { isAppName } from '../../core/dns-name.ts'
import type { GithubLook } from '../../core/github.ts'
import { complain } from '../print.ts'
import type { Dialog } from './dialog.ts'
import {
  readImage,
  readAppName,
  readHost,
  readDomain,
  readEmail,
  readPort,
  readRepository,
  readTrigger,
  sslip,
  wrong,
} from './read-answer.ts'

/** What was said by options. */
export interface Said {
  host?: string
  image?: string
  app?: string
  domain?: string
  port?: string
  email?: string
  ca?: string
  tls: boolean
  trigger?: string
  repository?: string
  branch?: string
  login?: string
}

/** What is asked of the machine and of others, when nobody said it. */
export interface Sources {
  address(): Promise<{ address: string; from: string } | undefined>
  repository(name: string): Promise<GithubLook>
}

/**
 * Whatever a first config needs: said by options, else asked for, else a default. Without a dialog, what has no default is an error that
 * names its option.
 */
export async function findAnswers(
  said: Said,
  sources: Sources,
  dialog: Dialog | undefined,
): Promise<FirstConfig> {
  const take = <T>(answer: Answer<T>) => takeAnswer(answer, dialog)
  const image = await take({
    option: 'image',
    said: said.image,
    question: 'Image of the first app, like ghcr.io/acme/api:',
    read: readImage,
  })
  const { registry, repository } = parseImage(image)
  const app = await take({
    option: 'app',
    said: said.app ?? appNameOf(repository),
    question: 'Name of the app:',
    read: readAppName,
  })
  const own = said.host === undefined ? await sources.address() : undefined
  const host = await take({
    option: 'host',
    said: said.host,
    question: `Public name for hooks, like deploy.example.com${own === undefined ? ':' : `; ${sslip(own.address)} leads to ${own.address} already (by ${own.from})`}`,
    otherwise: own === undefined ? undefined : sslip(own.address),
    read: readHost,
  })
  const domain = await take({
    option: 'domain',
    said: said.domain,
    question: `Domain of ${app}`,
    otherwise: domainBeside(host, app),
    read: (text) => readDomain(text, host),
  })
  const email = said.tls
    ? await take({
        option: 'email',
        said: said.email,
        question: 'E-mail address for the certificate authority, or - for no HTTPS:',
        read: readEmail,
      })
    : undefined
  const trigger = await take({
    option: 'trigger',
    said: said.trigger,
    question: `How are deployments triggered?\n${menu(registry)}\nNumber`,
    otherwise: 'oidc',
    shown: '1',
    read: readTrigger,
  })
  const github =
    trigger === 'oidc'
      ? await findRepository(said, repository, { sources, take, dialog })
      : undefined
  const login =
    dialog === undefined || said.login !== undefined
      ? said.login
      : await take({
          option: 'login',
          said: undefined,
          question: `User at ${registry}, if the image is not public`,
          otherwise: '-',
          shown: 'public',
          read: (text) => (text === '-' ? undefined : text),
        })
  return {
    image,
    app,
    host,
    domain,
    trigger,
    ...(said.port === undefined ? {} : { port: readPort(said.port) }),
    ...(email === undefined ? {} : { email }),
    ...(said.ca === undefined ? {} : { ca: said.ca }),
    ...(github === undefined ? {} : { github }),
    ...(login === undefined ? {} : { login }),
  }
}

interface Answer<T> {
  option: string
  said: string | undefined
  question: string
  /** Taken for an empty line, and where nobody can be asked. */
  otherwise?: string | undefined
  /** How that is shown, if not as it is. */
  shown?: string
  /** Throws an error that says what is wrong with it. */
  read: (text: string) => T
}

type Take = <T>(answer: Answer<T>) => Promise<T>

async function takeAnswer<T>(
  { option, said, question, otherwise, shown = otherwise, read }: Answer<T>,
  dialog: Dialog | undefined,
): Promise<T> {
  if (said !== undefined) return read(said)
  if (dialog === undefined) {
    if (otherwise !== undefined) return read(otherwise)
    throw wrong(`--${option} is missing`, `it has no default: ${EXAMPLES[option] ?? ''}`)
  }
  for (;;) {
    const text = await dialog.ask(`${question}${shown === undefined ? '' : ` [${shown}]:`}`)
    try {
      return read(text || (otherwise ?? ''))
    } catch (error) {
      const { message, hint } = error as Error & { hint?: string }
      dialog.say(`  ${message}${hint === undefined ? '' : `; ${hint}`}`)
    }
  }
}

const EXAMPLES: Readonly<Record<string, string>> = {
  app: '--app api',
  image: '--image ghcr.io/acme/api',
  host: '--host deploy.example.com; no public address of this machine was found to make one of',
  email: '--email ops@example.com, or --no-tls',
  repository: '--repository acme/api, or another --trigger',
}

async function findRepository(
  { repository, branch }: Pick<Said, 'repository' | 'branch'>,
  image: string,
  { sources, take, dialog }: { sources: Sources; take: Take; dialog: Dialog | undefined },
): Promise<GithubRepository> {
  const name = await take({
    option: 'repository',
    said: repository,
    question: 'Repository on GitHub whose workflows deploy, like acme/api',
    // the Action pushes to ghcr.io/OWNER/NAME unless it is told otherwise
    otherwise: /^ghcr\.io\/([^/]+\/[^/]+)$/.exec(image)?.[1],
    read: readRepository,
  })
  const look = await sources.repository(name)
  if (look.found) return { name: look.name, ids: look.ids, branch: branch ?? look.branch }
  const why = `GitHub was not asked for the number of ${name}: ${look.why}. Its name is pinned; the number is better: gh api repos/${name} --jq .id`
  if (dialog === undefined) complain(why)
  else dialog.say(why)
  return { name, branch: branch ?? 'main' }
}

/** `deploy.example.com` is beside `api.example.com`; of sslip.io both have the address in them. */
function domainBeside(host: string, app: string): string {
  const labels = host.split('.')
  const isWhole = labels.length < 3 || host.endsWith('.sslip.io')
  return [app, ...(isWhole ? labels : labels.slice(1))].join('.')
}

/** The last part of its path, as far as it can be a name. */
function appNameOf(repository: string): string | undefined {
  const name = (repository.split('/').at(-1) ?? '').replaceAll(/[^a-z0-9]+/g, '-').slice(0, 40)
  return isAppName(name) ? name : undefined
}

const menu = (registry: string) =>
  [
    'by a GitHub workflow, which its own identity signs for: no secret (oidc)',
    'by a URL with a token in it, from any CI or curl (token)',
    'by a signature with a shared secret, from any CI (hmac)',
    registry === 'ghcr.io'
      ? "by GitHub's webhook, when a package is pushed (registry)"
      : "by the registry's webhook, when an image is pushed (registry)",
    'by nothing: the registry is asked every minute (poll)',
  ]
    .map((line, at) => `  ${at + 1}  ${line}`)
    .join('\n')
