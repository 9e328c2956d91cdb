import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent, fetch } from 'undici'

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
  blob(body: string): Promise<Descriptor>
  /** Under a tag, or without one under its digest. */
  manifest(content: { mediaType: string } & object, tag?: string): Promise<Descriptor>
} {
  const [host = '', ...path] = repository.split('/')
  const base = `${authority === undefined ? 'http' : 'https'}://${host}/v2/${path.join('/')}`
  const authorization = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`
  const trust = authority === undefined ? {} : { connect: { ca: readFileSync(authority) } }
  const dispatcher = new Agent(trust)

  const send = async (url: URL | string, method: string, body = '', type = '') => {
    const headers = { authorization, ...(type === '' ? {} : { 'content-type': type }) }
    const response = await fetch(url, { method, headers, body, dispatcher })
    if (response.ok) return response
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

const describe = (body: string) => ({ digest: digestOf(body), size: Buffer.byteLength(body) })
const digestOf = (body: string) => `sha256:${createHash('sha256').update(body).digest('hex')}`
