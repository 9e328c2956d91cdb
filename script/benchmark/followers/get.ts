import { type Agent, request } from 'node:http'

export interface Got {
  firstMs: number
  bytes: number
}

/** Where something is asked: by a connection that stays. */
export interface Way {
  agent: Agent
  place: { host: string; port: number } | { socketPath: string }
  headers: Record<string, string>
}

export const get = ({ agent, place, headers }: Way, path: string): Promise<Got> =>
  new Promise((resolve, reject) => {
    const began = performance.now()
    const sent = request({ ...place, path, agent, headers })
    sent.once('error', reject)
    sent.once('response', (response) => {
      if (response.statusCode !== 200) reject(new Error(`${path} answered ${response.statusCode}`))
      const firstMs = performance.now() - began
      let bytes = 0
      response.on('data', (chunk: Buffer) => (bytes += chunk.byteLength))
      response.once('end', () => resolve({ firstMs, bytes }))
    })
    sent.end()
  })
