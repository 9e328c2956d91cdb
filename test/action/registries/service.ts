import type { IncomingMessage } from 'node:http'
import { bodyOf, serve } from '../loopback.ts'

export interface Heard {
  method: string
  path: string
  headers: IncomingMessage['headers']
  body: string
}

/** What to say instead of 200. */
export class Refusal {
  readonly status: number
  readonly text: string

  constructor(status: number, text: string) {
    this.status = status
    this.text = text
  }
}

/** A service of a cloud that stands on loopback: it notes what it hears, and answers by method and path. */
export const startService = async (
  answers: Record<string, (heard: Heard) => unknown>,
): Promise<{ url: string; heard: Heard[] }> => {
  const heard: Heard[] = []
  const url = await serve((request, response) => {
    void bodyOf(request).then((body) => {
      const { method = '', url: path = '', headers } = request
      const one = { method, path, headers, body }
      heard.push(one)
      const answer = answers[`${method} ${path.replace(/\?.*/, '')}`]?.(one)
      if (answer === undefined) response.writeHead(404).end('nothing is here')
      else if (answer instanceof Refusal) response.writeHead(answer.status).end(answer.text)
      else response.end(typeof answer === 'string' ? answer : JSON.stringify(answer))
    })
  })
  return { url, heard }
}

/** ECR's token for whoever asks. */
export const startEcr = () =>
  startService({
    'POST /': () => ({
      authorizationData: [
        { authorizationToken: Buffer.from('AWS:ecr-password').toString('base64') },
      ],
    }),
  })

/** Id of the key that signed the last request. */
export const signedBy = ({ heard }: { heard: Heard[] }): string | undefined =>
  /Credential=([^/]+)\//.exec(heard.at(-1)?.headers.authorization ?? '')?.[1]
