import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent, fetch, type Response } from 'undici'

/** A repository to push to. */
export interface Target {
  /** With its registry. */
  repository: string
  login: { username: string; password: string }
  /** PEM file of the authority that vouches for the registry; without it that speaks plain HTTP. */
  authority?: string
}

export interface Descriptor {
  digest: string
  size: number
}

/** Pushes blobs and manifests as they are, by the distribution API. */
export function uploadTo({ repository, login, authority }: Target): {
  blob(body: string | Uint8Array): Promise<Descriptor>
  /** Under a tag, or without one under its digest. */
  manifest(content: { mediaType: string } & object, tag?: string): Promise<Descriptor>
} {
  const [host = '', ...path] = repository.split('/')
  const base = `${authority === undefined ? 'http' : 'https'}://${host}/v2/${path.join('/')}`
  const basic = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`
  let authorization = basic
  const trust = authority === undefined ? {} : { connect: { ca: readFileSync(authority) } }
  // a registry may close an idle connection just when the next request is sent on it
  const dispatcher = new Agent({ ...trust, pipelining: 0 })

  const send = async (
    url: URL | string,
    method: string,
    body: string | Uint8Array = '',
    type = '',
  ): Promise<Response> => {
    const headers = { authorization, ...(type === '' ? {} : { 'content-type': type }) }
    const response = await fetch(url, { method, headers, body, dispatcher })
    if (response.ok) return response
    const challenge = response.headers.get('www-authenticate') ?? ''
    if (response.status === 401 && challenge.startsWith('Bearer ') && authorization === basic) {
      authorization = `Bearer ${await tokenFor(challenge, basic)}`
      return send(url, method, body, type)
    }
    throw new Error(
      `${method} ${String(url)} answered ${response.status}: ${await response.text()}`,
    )
  }
  return {
    async blob(body) {
      const started = await send(`${base}/blobs/uploads/`, 'POST')
      const url = new URL(started.headers.get('location') ?? '', base)
      url.searchParams.set('digest', digestOf(body))
      await send(url, 'PUT', body, 'application/octet-stream')
      return describe(body)
    },
    async manifest(content, tag) {
      const body = JSON.stringify(content)
      await send(`${base}/manifests/${tag ?? digestOf(body)}`, 'PUT', body, content.mediaType)
      return describe(body)
    },
  }
}

/** The token server's answer to a challenge (distribution's spec/auth/token). */
async function tokenFor(challenge: string, authorization: string): Promise<string> {
  const said = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value = '']) => [name, value]),
  )
  const url = new URL(said['realm'] ?? '')
  for (const name of ['service', 'scope']) url.searchParams.set(name, said[name] ?? '')
  const { token } = (await (await fetch(url, { headers: { authorization } })).json()) as {
    token: string
  }
  return token
}

const describe = (body: string | Uint8Array) => ({
  digest: digestOf(body),
  size: Buffer.byteLength(body),
})
const digestOf = (body: string | Uint8Array) =>
  `sha256:${createHash('sha256').update(body).digest('hex')}`
