// Those who follow a deployment, in a process of their own: what they cost themselves is told apart from what they cost the receiver.
import { get } from 'node:http'
import { createParser } from 'eventsource-parser'

const AT_ONCE = 50

/** Whom there are to be; the answer is `open` once all of them have a stream. */
export interface Followers {
  url: string
  token: string
  count: number
}

/** What they heard, once all streams have ended: milliseconds from each event's `at` to each of them. */
export interface Heard {
  delays: number[]
}

/** Resolves when there is a stream; `ended` is called at its end. */
function follow({ url, token }: Followers, delays: number[], ended: () => void): Promise<void> {
  const open = Promise.withResolvers<void>()
  const parser = createParser({
    onEvent({ data }) {
      delays.push(Date.now() - Date.parse((JSON.parse(data) as { at: string }).at))
    },
  })
  const sent = get(url, { agent: false, headers: { authorization: `Bearer ${token}` } })
  sent.on('error', open.reject)
  sent.once('response', (response) => {
    if (response.statusCode !== 200) {
      open.reject(new Error(`${url} was answered with ${response.statusCode}`))
    }
    open.resolve()
    response.setEncoding('utf8')
    response.on('data', (text: string) => parser.feed(text))
    response.once('end', ended)
  })
  return open.promise
}

async function followAll(followers: Followers): Promise<void> {
  const heard: Heard = { delays: [] }
  let left = followers.count
  const ended = () => {
    left -= 1
    if (left === 0) process.send?.(heard)
  }
  for (let come = 0; come < followers.count; come += AT_ONCE) {
    const some = Math.min(AT_ONCE, followers.count - come)
    const streams = Array.from({ length: some }, () => follow(followers, heard.delays, ended))
    await Promise.all(streams)
  }
  process.send?.('open')
}

process.once('message', (followers: Followers) => void followAll(followers))
