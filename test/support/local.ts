import { request } from 'node:http'
import { text } from 'node:stream/consumers'

/** One request over a receiver's local socket: a GET, or a POST of `body`. */
export function askLocally(
  socketPath: string,
  path: string,
  { body, prefer }: { body?: string; prefer?: string } = {},
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        socketPath,
        path,
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          'content-type': 'application/json',
          ...(prefer === undefined ? {} : { prefer }),
        },
      },
      (response) => {
        const { statusCode: status = 0 } = response
        text(response).then((read) => resolve({ status, text: read }), reject)
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

/** Reads a stream over a receiver's local socket until it has said something; gives all that it said. */
export function hearLocally(
  socketPath: string,
  path: string,
  something: (said: string) => boolean,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path }, (response) => {
      let said = ''
      response.setEncoding('utf8')
      response.on('data', (more: string) => {
        said += more
        if (!something(said)) return
        resolve(said)
        sent.destroy()
      })
      response.on('end', () => reject(new Error(`${path} ended and said no more than\n${said}`)))
      response.on('error', reject)
    })
    sent.on('error', reject)
    sent.end()
  })
}
