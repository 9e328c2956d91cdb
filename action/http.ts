import http from 'node:http'
import https from 'node:https'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { BodyTooLong, readText as readBody } from '../protocol/read-body.ts'

export interface Request {
  method: 'GET' | 'POST'
  headers?: Readonly<Record<string, string>>
  body?: Uint8Array
  /** Longest wait for the answer's headers, connecting included. */
  answerTimeoutMs: number
  /** Ends the request, and the reading of its answer. */
  signal?: AbortSignal
}

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: IncomingMessage
}

/** Longest answer that is read whole, in bytes. */
const MAX_TEXT_BYTES = 4 * 1024 * 1024

/**
 * One request, through the proxy of `HTTPS_PROXY` and `NO_PROXY` where they are set. It follows no redirect: what was
 * signed is for one address. Rejects with Node's own network errors.
 */
export const send = (url: string, request: Request): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const target = new URL(url)
    const { request: open, Agent } = target.protocol === 'https:' ? https : http
    const outgoing = open(target, {
      method: request.method,
      headers: { 'user-agent': 'deploy-action', ...request.headers },
      agent: new Agent({ proxyEnv: process.env }),
      ...(request.signal && { signal: request.signal }),
    })
    const timer = setTimeout(() => {
      const error = new Error(`no answer within ${request.answerTimeoutMs / 1000} s`)
      outgoing.destroy(Object.assign(error, { code: 'ETIMEDOUT' }))
    }, request.answerTimeoutMs)
    outgoing.on('close', () => clearTimeout(timer))
    outgoing.on('error', reject)
    outgoing.on('response', (body) => {
      clearTimeout(timer)
      resolve({ status: body.statusCode ?? 0, headers: body.headers, body })
    })
    outgoing.end(request.body)
  })

/** The answer's whole body; rejects when it is longer than 4 MiB. */
export const readText = ({ body }: Answer): Promise<string> => readBody(body, MAX_TEXT_BYTES)

const CERTIFICATE_CODES = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])

/** Whether a failed request may succeed when it is made again: a wrong certificate stays wrong. */
export const isPassing = (error: unknown): boolean => {
  if (error instanceof BodyTooLong) return false
  const code = codeOf(error)
  return !CERTIFICATE_CODES.has(code) && code !== 'EPROTO' && !code.startsWith('ERR_SSL')
}

/** Why a host could not be reached, and what to do, for people. */
export const explainNetworkError = (error: unknown, url: string): { why: string; hint: string } => {
  const { host, hostname } = new URL(url)
  if (error instanceof BodyTooLong) {
    return {
      why: `${host} sends too much: ${error.message}`,
      hint: 'Check that url is the one that is meant: something else answers there.',
    }
  }
  const code = codeOf(error)
  const message = error instanceof Error ? error.message || code : String(error)
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return {
      why: `the name ${hostname} does not resolve (${code})`,
      hint: 'Check the spelling of url and the DNS record of the host.',
    }
  }
  if (CERTIFICATE_CODES.has(code)) {
    return {
      why: `the TLS certificate of ${host} is not accepted: ${message} (${code})`,
      hint: 'Give the host a certificate for this name from a public authority, or set NODE_EXTRA_CA_CERTS in the job to the file of your own.',
    }
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) {
    return {
      why: `${host} does not speak TLS there: ${message}`,
      hint: 'Check the port and the scheme (http or https) of url.',
    }
  }
  return {
    why: `${host} cannot be reached: ${message}`,
    hint: 'Check that the receiver and its Nginx run, and that the firewall lets this runner in.',
  }
}

const codeOf = (error: unknown): string => {
  if (error instanceof AggregateError) return codeOf(error.errors[0])
  const code = (error as { code?: unknown } | undefined)?.code
  return typeof code === 'string' ? code : ''
}
