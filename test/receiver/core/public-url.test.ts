import { expect, test } from 'vitest'
import { whyNoAnswer } from '../../../receiver/core/public-url.ts'

const of = (code: string, message: string) =>
  whyNoAnswer(
    'https://d.test',
    Object.assign(new Error('fetch failed'), { cause: { code, message } }),
  )

test.for<[string, string, string, string]>([
  ['ENOTFOUND', 'getaddrinfo', 'does not answer', 'set its DNS'],
  ['ECONNREFUSED', 'connect', 'does not answer', 'start Nginx'],
  ['UND_ERR_SOCKET', 'other side closed', 'does not answer', 'no site for the host'],
  ['EPROTO', 'wrong version number', 'does not answer', 'no TLS at that port'],
  ['CERT_HAS_EXPIRED', 'expired', 'is not trusted', 'renew'],
  ['CERT_NOT_YET_VALID', 'not yet', 'is not trusted', 'clock'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed', 'is not trusted', 'signs itself'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'first', 'is not trusted', 'whole chain'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'Host', 'is not trusted', 'another name'],
  ['ESOMETHING', 'else', 'does not answer', 'the server block of Nginx'],
])('%s is told with what to do', ([code, words, verdict, remedy]) => {
  const { message, hint, isOnlyFromHere } = of(code, words)
  expect(message).toBe(`https://d.test ${verdict}: ${words}`)
  expect(hint).toContain(remedy)
  expect(isOnlyFromHere).toBe(false)
})

test('what may be the way from this machine alone is known, and asked of another', () => {
  for (const code of ['ETIMEDOUT', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT', 'EAI_AGAIN']) {
    expect(of(code, 'x')).toMatchObject({
      isOnlyFromHere: true,
      hint: expect.stringContaining('`curl -i https://d.test/healthz`'),
    })
  }
  const late = new DOMException('The operation was aborted due to timeout', 'TimeoutError')
  expect(whyNoAnswer('https://d.test', late)).toMatchObject({ isOnlyFromHere: true })
})

test("Node's own advice is left out, and a CA to try things out is known", () => {
  const advice =
    'unable; if the root CA is installed locally, try running Node.js with --use-system-ca'
  expect(of('UNABLE_TO_GET_ISSUER_CERT_LOCALLY', advice)).toMatchObject({
    message: 'https://d.test is not trusted: unable',
    isUntrusted: true,
  })
  expect(of('CERT_HAS_EXPIRED', 'x')).toMatchObject({ isUntrusted: false })
})
