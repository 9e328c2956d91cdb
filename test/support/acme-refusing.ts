import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Certificates } from './certificates.ts'

/** A CA that takes every account and refuses every order, with a problem of RFC 8555. */
export async function startRefusingCa(pair: Certificates) {
  let refusal = {
    status: 429,
    type: 'rateLimited',
    detail: '',
    headers: {} as Record<string, string>,
  }
  let orders = 0
  const server = createServer(
    { key: readFileSync(pair.key), cert: readFileSync(pair.certificate) },
    ({ url }, response) => {
      const base = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
      const answer = (status: number, body: object, headers: Record<string, string> = {}) =>
        response
          .writeHead(status, { 'content-type': 'application/json', ...headers })
          .end(JSON.stringify(body))
      response.setHeader('replay-nonce', `nonce${Math.random().toString(36).slice(2)}`)
      if (url === '/dir') {
        answer(200, {
          newNonce: `${base}/nonce`,
          newAccount: `${base}/account`,
          newOrder: `${base}/order`,
          revokeCert: `${base}/revoke`,
          keyChange: `${base}/key`,
          meta: {},
        })
      } else if (url === '/nonce') response.writeHead(204).end()
      else if (url === '/account') {
        answer(201, { status: 'valid', contact: [] }, { location: `${base}/account/1` })
      } else {
        orders += 1
        const { status, type, detail, headers } = refusal
        answer(
          status,
          { type: `urn:ietf:params:acme:error:${type}`, detail, status },
          { ...headers, 'content-type': 'application/problem+json' },
        )
      }
    },
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    directory: `https://127.0.0.1:${(server.address() as AddressInfo).port}/dir`,
    orders: () => orders,
    refuse(status: number, type: string, detail: string, headers: Record<string, string> = {}) {
      refusal = { status, type, detail, headers }
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
