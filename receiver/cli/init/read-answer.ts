import { ImageReferenceError, parseImage } from '../../../protocol/image-reference.ts'
import { type Trigger, TRIGGERS } from '../../config/first-config.ts'
import { DOMAIN, isAppName } from '../../core/dns-name.ts'
import { parseAddress } from '../../core/ip-address.ts'
import { type AddressKind, kindOf } from '../../core/reach.ts'

// Each takes what somebody typed, and throws an error with its remedy when it cannot be that.

export function readImage(text: string): string {
  try {
    const { repository, tag, digest } = parseImage(text)
    if (digest !== undefined) {
      throw wrong(`${text} has a digest`, 'name the repository: each deployment says which digest')
    }
    return tag === undefined ? repository : `${repository}:${tag}`
  } catch (error) {
    if (error instanceof ImageReferenceError && text === '') {
      throw wrong('an image is needed', 'like ghcr.io/acme/api')
    }
    throw error
  }
}

export function readAppName(text: string): string {
  if (isAppName(text)) return text
  throw wrong(`${JSON.stringify(text)} is not the name of an app`, 'small letters, digits and -')
}

export function readHost(text: string): string {
  const host = text
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/\/$/, '')
  const address = parseAddress(host)
  if (address !== undefined) {
    const kind: AddressKind = kindOf(address)
    const isUseful = kind === 'public' && address.kind() === 'ipv4'
    throw wrong(
      `${host} is an address, and certificates are for names`,
      isUseful ? `${sslip(host)} leads to it` : 'give a name, like deploy.example.com',
    )
  }
  if (DOMAIN.test(host) && !host.startsWith('*') && host.includes('.')) return host
  throw wrong(`${JSON.stringify(text)} is not a public name`, 'like deploy.example.com')
}

export function readDomain(text: string, host: string): string {
  const domain = readHost(text)
  if (domain !== host) return domain
  throw wrong(`${domain} is the name for hooks`, 'the app needs one of its own')
}

export function readEmail(text: string): string | undefined {
  if (text === '-') return undefined
  if (/^[^\s@]{1,64}@[^\s@]{1,250}$/.test(text)) return text
  throw wrong(`${JSON.stringify(text)} is not an e-mail address`, 'like ops@example.com')
}

export function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (port >= 1 && port <= 65_535) return port
  throw wrong(
    `${JSON.stringify(text)} is not a port`,
    'that of the app in its container, like 8000',
  )
}

export function readRepository(text: string): string {
  const name = text.replace(/^https:\/\/github\.com\//, '').replace(/\.git$/, '')
  if (/^[A-Za-z0-9-]{1,39}\/[A-Za-z0-9._-]{1,100}$/.test(name)) return name
  throw wrong(`${JSON.stringify(text)} is not a repository of GitHub`, 'like acme/api')
}

export function readTrigger(text: string): Trigger {
  const trigger = TRIGGERS[Number(text) - 1] ?? TRIGGERS.find((each) => each === text)
  if (trigger !== undefined) return trigger
  throw wrong(`${JSON.stringify(text)} is not one of them`, TRIGGERS.join(', '))
}

/** Every name of sslip.io leads to the address that stands in it. */
export const sslip = (address: string) => `${address.replaceAll('.', '-')}.sslip.io`

/** An error with its remedy. */
export const wrong = (message: string, hint: string) => Object.assign(new Error(message), { hint })
