import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { parseSigningKey, sign } from '../../protocol/standard-webhooks.ts'
import {
  BODY,
  CASES,
  chunked,
  HOST,
  LENGTH,
  request,
  TE,
  TYPE,
} from '../support/malformed-requests.ts'
import { waitFor } from '../support/processes.ts'
import { type Heard, sendRaw } from '../support/raw.ts'
import { startVm, type Vm } from '../support/vm.ts'

const secret = `whsec_${randomBytes(32).toString('base64')}`

let vm: Vm
/** Ports of the receiver itself, and of Nginx with the site that the receiver writes for itself. */
const ports = { direct: 0, nginx: 0 }
const WAYS = ['direct', 'nginx'] as const

beforeAll(async () => {
  vm = await startVm(inject('stack'), 'raw')
  Object.assign(vm.config.apps['api'] ?? {}, { auth: { secrets: [secret] } })
  const { listen } = vm.config['nginx'] as { listen: string[] }
  ports.nginx = Number(listen[0]?.split(':')[1])
  vm.config['url'] = `http://deploy.example.com:${ports.nginx}`
  await vm.start()
  ports.direct = Number(vm.config.listen.split(':')[1])
  await waitFor(async () => (await sendRaw(ports.nginx, request())).statuses[0] === 401, {
    what: 'Nginx did not take the site',
  })
})
afterAll(() => vm.close())

/** A hook with a right one. */
function signed(connection = 'close'): string {
  const body = JSON.stringify({
    image: `${vm.repository}:none`,
    source: { message: randomBytes(8).toString('hex') },
  })
  const id = `msg_${randomBytes(12).toString('hex')}`
  const timestamp = Math.floor(Date.now() / 1000)
  const signature = sign({ key: parseSigningKey(secret), id, timestamp, body: Buffer.from(body) })
  return [
    'POST /hooks/api HTTP/1.1',
    HOST,
    TYPE,
    `Connection: ${connection}`,
    `Content-Length: ${body.length}`,
    `webhook-id: ${id}`,
    `webhook-timestamp: ${timestamp}`,
    `webhook-signature: ${signature}`,
    '',
    body,
  ].join('\r\n')
}

/** What Nginx may say in the receiver's place. */
const AT_NGINX = [100, 400, 401, 404, 405, 413, 414, 417, 431, 501, 505]

/** Rightly signed requests that two readers could read in two ways. */
const AMBIGUOUS: Record<string, (request: string) => string> = {
  'another Host beside it': (text) => text.replace(HOST, `${HOST}\r\nHost: evil.example`),
  'another Host': (text) => text.replace(HOST, 'Host: evil.example'),
  'an absolute target of another host': (text) =>
    text.replace('/hooks/api', 'http://evil.example/hooks/api'),
  'the id twice': (text) => text.replace(/(webhook-id: .*\r\n)/, '$1$1'),
  'the time twice': (text) => text.replace(/(webhook-timestamp: .*\r\n)/, '$1$1'),
  'the signature twice': (text) => text.replace(/(webhook-signature: .*\r\n)/, '$1$1'),
  'a second kind of credentials': (text) =>
    text.replace(TYPE, `${TYPE}\r\nAuthorization: Basic YXBpOng=`),
  'a body that is cut': (text) => text.replace(/Content-Length: \d+/, 'Content-Length: 10'),
  'a length beside chunks': (text) => text.replace(TYPE, `${TYPE}\r\n${TE}`),
}

/** Takes more than five minutes to drip. */
const LONG = 'x'.repeat(3000)

async function* drip(head: string, body: string, before = '') {
  if (before !== '') yield before
  for (const byte of head + body) {
    yield byte
    await pause(100)
  }
}

describe.for(WAYS)('%s', (way) => {
  describe.concurrent(
    'a request without a right signature is refused, and the next one served',
    () => {
      test.for(CASES)('%s', async ([, expected, bytes], { expect: expectHere }) => {
        const answers = way === 'direct' ? expected.length : Math.min(expected.length, 1)
        const { statuses, text } = await sendRaw(ports[way], bytes, { answers })
        if (way === 'direct') expectHere(statuses).toEqual(expected)
        else for (const status of statuses) expectHere(AT_NGINX).toContain(status)
        expectHere(text).not.toContain('"internal')
        expectHere((await sendRaw(ports[way], signed())).statuses).toEqual([202])
      })
    },
  )

  test.for(Object.entries(AMBIGUOUS))('a right signature does not help: %s', async ([, change]) => {
    const { statuses } = await sendRaw(ports[way], change(signed()))
    expect(statuses.length).toBeLessThanOrEqual(1)
    for (const status of statuses) expect([400, 401]).toContain(status)
  })

  test('two requests in one packet are two, each with its own answer', async () => {
    const [good, forged] = [signed('keep-alive'), request()]
    const both = { answers: 2 }
    expect((await sendRaw(ports[way], good + forged, both)).statuses).toEqual([202, 401])
    expect((await sendRaw(ports[way], forged + signed(), both)).statuses).toEqual([401, 202])
  })

  test('a request within the body of a refused one is no request', async () => {
    const body = signed()
    const outer = request({ headers: [HOST, `Content-Length: ${body.length}`], body })
    expect((await sendRaw(ports[way], outer)).statuses).toEqual([401])
    const inChunks = request({ headers: [HOST, TE], body: chunked(body) })
    expect((await sendRaw(ports[way], inChunks)).statuses).toEqual([401])
  })
})

test('who drips headers is cut after 5 s, who drips a body after 15 s, and others are served', async () => {
  const [head = ''] = request({ headers: [HOST, LENGTH, `X-Long: ${LONG}`] }).split(BODY)
  const drips = [
    sendRaw(ports.direct, drip(head, '')),
    sendRaw(
      ports.direct,
      drip('', LONG, request().split(BODY)[0]?.replace(LENGTH, `Content-Length: ${LONG.length}`)),
    ),
  ]
  const over = Promise.all(drips)
  let served = 0
  while ((await Promise.race([over, pause(500)])) === undefined) {
    expect((await sendRaw(ports.direct, signed())).statuses).toEqual([202])
    served++
  }
  const [headers, body] = (await over) as [Heard, Heard]
  expect(headers).toMatchObject({ closed: true, statuses: [408] })
  expect(body).toMatchObject({ closed: true, statuses: [408] })
  // not before its time, which no machine can make shorter; that it is no longer is a setting of the server (listen.test.ts)
  expect(headers.ms).toBeGreaterThan(4900)
  expect(body.ms).toBeGreaterThan(14_900)
  expect(served).toBeGreaterThan(0)
})

test('after all of it the same process runs, and no image but the rightly signed ones was taken', async () => {
  const { deployments } = (await vm.read('/apps/api/deployments?limit=200')) as {
    deployments: { image: { repository: string; tag: string } }[]
  }
  expect(deployments.length).toBeGreaterThan(100)
  expect(new Set(deployments.map(({ image }) => `${image.repository}:${image.tag}`))).toEqual(
    new Set([`${vm.repository}:none`]),
  )
  expect(vm.receiver().log(1_000_000)).not.toMatch(/internal|uncaught|\bat .*\.ts:\d/i)
})
