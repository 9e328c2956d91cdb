import type { IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http'
import { HttpClient } from '@actions/http-client'
import type { RequestHandler } from '@actions/http-client/lib/interfaces'
import { readText as readBody } from '../protocol/read-body.ts'

export interface Request {
  method: 'GET' | 'POST' | 'PUT'
  headers?: Readonly<Record<string, string>>
  body?: string
  /** Longest wait for the answer's headers, connecting included. */
  answerTimeoutMs: number
  /** Ends the request, and the reading of its answer. */
  signal?: AbortSignal
  /** Past any proxy: for what only this machine itself can answer. */
  isDirect?: boolean
}

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: IncomingMessage
}

/** Longest answer that is read whole, in bytes. */
const MAX_TEXT_BYTES = 4 * 1024 * 1024

/**
 * One request by the runner's own client, so that proxies are as in every other step (`https_proxy`, `http_proxy`, `no_proxy`, in
 * capitals too). It follows no redirect: what was signed is for one address. Rejects with Node's own network errors.
 */
export const send = async (url: string, request: Request): Promise<Answer> => {
  const { method, headers = {}, body = null, answerTimeoutMs, signal, isDirect = false } = request
  const unanswered = new AbortController()
  const timer = setTimeout(() => unanswered.abort(), answerTimeoutMs)
  const ended = AbortSignal.any([unanswered.signal, ...(signal ? [signal] : [])])
  const client = new HttpClient('deploy-action', [endedBy(ended, isDirect)], {
    allowRedirects: false,
  })
  try {
    // it takes the headers for its own to change
    const { message } = await client.request(method, url, body, { ...headers })
    return { status: message.statusCode ?? 0, headers: message.headers, body: message }
  } catch (error) {
    if (!unanswered.signal.aborted) throw error
    throw Object.assign(new Error(`no answer within ${answerTimeoutMs / 1000} s`), {
      code: 'ETIMEDOUT',
      cause: error,
    })
  } finally {
    clearTimeout(timer)
  }
}

/** The answer's whole body; rejects when it is longer than 4 MiB. */
export const readText = ({ body }: Answer): Promise<string> => readBody(body, MAX_TEXT_BYTES)

/** The agent of a request through a proxy (the package `tunnel`), as far as it is looked at. */
interface Tunnel {
  proxyOptions: RequestOptions
  defaultPort?: number
}

/** The client knows no signal, and hands Node's options to its handlers. The way through a proxy is a request of its own. */
const endedBy = (signal: AbortSignal, isDirect: boolean): RequestHandler => ({
  prepareRequest: (options: RequestOptions) => {
    options.signal = signal
    if (isDirect) delete options.agent
    const tunnel = options.agent as Partial<Tunnel> | undefined
    if (tunnel?.proxyOptions === undefined) {
      // the client leaves the brackets of an IPv6 address on, with which no name resolves
      options.host = options.host?.replace(/^\[(.*)\]$/, '$1')
    } else {
      tunnel.proxyOptions.signal = signal
      // or the Host header names a port that the URL does not
      options.defaultPort = tunnel.defaultPort ?? 80
    }
  },
  canHandleAuthentication: () => false,
  handleAuthentication: () => Promise.reject(new Error('nothing is asked for')),
})
