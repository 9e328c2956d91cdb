import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { DeliveryError } from '../../../../receiver/core/notify/delivery-error.ts'
import { type Message, trialMessage } from '../../../../receiver/core/notify/message.ts'
import type { Way } from '../../../../receiver/core/notify/target.ts'
import { sendMail } from '../../../../receiver/edges/notify/email.ts'
import { makeCertificates } from '../../../support/certificates.ts'

let dir: string
let pair: { cert: string; key: string }
let ca: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'notify-smtp-'))
  const { authority, certificate, key } = makeCertificates(dir, '127.0.0.1')
  pair = { cert: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') }
  ca = readFileSync(authority, 'utf8')
})
afterAll(() => rmSync(dir, { recursive: true }))

interface Mail {
  text: string
  to: string[]
  isSecure: boolean
  user: unknown
}

async function startSmtp(options: Partial<SMTPServerOptions> = {}) {
  const mails: Mail[] = []
  const server = new SMTPServer({
    ...pair,
    authOptional: true,
    logger: false,
    disableReverseLookup: true,
    onAuth: ({ username, password }, _session, done) =>
      password === 'right' ? done(null, { user: username }) : done(new Error('no such login')),
    onData(stream, { envelope, secure, user }, done) {
      let text = ''
      stream.on('data', (chunk) => (text += String(chunk)))
      stream.on('end', () => {
        const to = envelope.rcptTo.map(({ address }) => address)
        mails.push({ text, to, isSecure: secure, user })
        done()
      })
    },
    ...options,
  })
  server.on('error', () => {})
  const listening = server.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  onTestFinished(() => new Promise<void>((done) => server.close(() => done())))
  return { port: (listening.address() as AddressInfo).port, mails }
}

const MESSAGE: Message = {
  ...trialMessage({ url: 'https://deploy.example.com' }),
  title: 'api: deploy failed – größer',
  reason: 'it said no',
  log: ['one', '.', 'two'],
}
const email = (port: number, more: Partial<Extract<Way, { kind: 'email' }>> = {}) => ({
  kind: 'email' as const,
  to: ['ops@example.com', 'Second <second@example.com>'],
  from: 'Deploys <deploy@example.com>',
  host: '127.0.0.1',
  port,
  tls: 'starttls' as const,
  ...more,
})
const mail = (
  way: ReturnType<typeof email>,
  {
    allowsPrivate = true,
    signal = AbortSignal.timeout(100_000),
    ...tls
  }: {
    allowsPrivate?: boolean
    signal?: AbortSignal
    ca?: string
  } = { ca },
) => sendMail({ way, allowsPrivate, message: MESSAGE, id: 'msg_1' }, signal, tls)
const refusal = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(DeliveryError)
  return error as DeliveryError
}

test.for(['starttls', 'implicit'] as const)(
  'a mail goes over TLS from its first secret on, by %s, to everybody, with the id of its news',
  async (tls) => {
    const { port, mails } = await startSmtp({ secure: tls === 'implicit' })
    const login = { user: 'deploy', password: 'right' }
    expect(await mail(email(port, { tls, login }))).toMatch(/^250 /)
    expect(mails).toMatchObject([
      { isSecure: true, user: 'deploy', to: ['ops@example.com', 'second@example.com'] },
    ])
    const [{ text } = { text: '' }] = mails
    expect(text).toContain('Message-ID: <msg_1@example.com>')
    expect(text).toContain('Auto-Submitted: auto-generated')
    expect(text).toContain('From: Deploys <deploy@example.com>')
    expect(text).toMatch(/Subject: =\?UTF-8\?/)
    expect(text).toMatch(/it said no[^]*\r\n {2}one\r\n {2}\.\r\n {2}two\r\n/)
  },
)

test('a server without STARTTLS gets nothing, unless it is to be so', async () => {
  const { port, mails } = await startSmtp({ disabledCommands: ['STARTTLS', 'AUTH'] })
  expect((await refusal(mail(email(port)))).message).toContain('127.0.0.1')
  expect(mails).toEqual([])
  await mail(email(port, { tls: 'none' }))
  expect(mails).toMatchObject([{ isSecure: false }])
})

test.for(['starttls', 'implicit'] as const)(
  'a certificate that nobody vouches for, or for another name, is not taken by %s',
  async (tls) => {
    const { port, mails } = await startSmtp({ secure: tls === 'implicit' })
    expect((await refusal(mail(email(port, { tls }), {}))).message).toMatch(/certificate/)
    const other = sendMail(
      {
        way: email(port, { tls, host: 'smtp.example' }),
        allowsPrivate: true,
        message: MESSAGE,
        id: 'm',
      },
      AbortSignal.timeout(100_000),
      { ca, resolve: async () => ['127.0.0.1'] },
    )
    expect((await refusal(other)).message).toMatch(/Hostname\/IP does not match/)
    expect(mails).toEqual([])
  },
)

test('a wrong password is tried again, an address that the server refuses is not', async () => {
  const { port } = await startSmtp({
    onRcptTo: (_address, _session, done) => done(new Error('no such mailbox')),
  })
  const login = { user: 'deploy', password: 'wrong' }
  const denied = await refusal(mail(email(port, { login })))
  expect(denied).toMatchObject({ isFinal: false })
  expect(denied.message).toMatch(/^127\.0\.0\.1 answered 535 /)
  expect(denied.message).not.toContain('wrong')
  expect(denied.hint).toContain('password')
  const refused = await refusal(mail(email(port)))
  expect(refused).toMatchObject({ isFinal: true })
  expect(refused.message).toContain('550')
})

test('a server that is busy is asked again', async () => {
  const busy = Object.assign(new Error('come back later'), { responseCode: 451 })
  const { port } = await startSmtp({ onMailFrom: (_address, _session, done) => done(busy) })
  const error = await refusal(mail(email(port)))
  expect(error).toMatchObject({ isFinal: false })
  expect(error.message).toContain('451')
})

test('a server that is silent is given up, and one that is down is said so', async () => {
  const connected = Promise.withResolvers<void>()
  const silent = createServer(() => connected.resolve()).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const late = new AbortController()
  const sending = mail(email(port), { signal: late.signal, ca })
  await connected.promise
  late.abort(new Error('late'))
  expect((await refusal(sending)).message).toBe('127.0.0.1 does not answer in time')
  silent.close()
  await once(silent, 'close')
  expect((await refusal(mail(email(port)))).message).toMatch(/ECONNREFUSED/)
})

test('a server on this machine is not asked unless that is allowed, by address and by name', async () => {
  const { port, mails } = await startSmtp()
  for (const host of ['127.0.0.1', 'localhost', '::1', '169.254.169.254']) {
    const error = await refusal(mail(email(port, { host }), { allowsPrivate: false }))
    expect([host, error.message]).toEqual([
      host,
      expect.stringMatching(/a (?:loopback|metadata) address/),
    ])
  }
  const named = sendMail(
    { way: email(port, { host: 'smtp.example' }), allowsPrivate: false, message: MESSAGE, id: 'm' },
    AbortSignal.timeout(100_000),
    { ca, resolve: async () => ['127.0.0.1'] },
  )
  expect((await refusal(named)).message).toContain('smtp.example (127.0.0.1), a loopback address')
  expect(mails).toEqual([])
})
