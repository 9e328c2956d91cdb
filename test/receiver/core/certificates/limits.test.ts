import { describe, expect, test } from 'vitest'
import type { WantedCertificate } from '../../../../receiver/core/certificates/certificate.ts'
import { heldBack } from '../../../../receiver/core/certificates/limits.ts'
import type { Reason } from '../../../../receiver/core/certificates/next-step.ts'
import type { Order } from '../../../../receiver/core/certificates/orders.ts'
import { createFakeClock } from '../../../support/fakes/clock.ts'

const LETS_ENCRYPT = 'https://acme-v02.api.letsencrypt.org/directory'
const HOUR_MS = 60 * 60 * 1000
const DAY_MS = 24 * HOUR_MS
const clock = createFakeClock()

const ago = (ms: number) => new Date(Date.parse(clock.now()) - ms).toISOString()
const order = (name: string, ageMs: number, more: Partial<Order> = {}): Order => ({
  server: LETS_ENCRYPT,
  names: [name],
  at: ago(ageMs),
  isRenewal: false,
  outcome: { kind: 'issued' },
  ...more,
})
const many = (count: number, make: (at: number) => Order) =>
  Array.from({ length: count }, (_, at) => make(at + 1))
const NAME = 'api--pr-1.preview.example.com'
const held = (
  orders: readonly Order[],
  {
    name = NAME,
    server = LETS_ENCRYPT,
    reason = 'none',
  }: { name?: string; server?: string; reason?: Reason } = {},
) => {
  const wanted: WantedCertificate = {
    site: 'api--pr-1',
    names: [name],
    ca: { server, isTrial: false },
    isPassing: true,
  }
  return heldBack(wanted, reason, { orders, clock })
}

test('who had nothing yet may ask', () => {
  expect(held([])).toBeUndefined()
})

describe('of a domain', () => {
  /** One each four hours, the last one four hours ago. */
  const names = (count: number) => many(count, (at) => order(`${at}.example.com`, at * 4 * HOUR_MS))

  test('previews may have 35 certificates a week, whoever had them, and the rest is for apps', () => {
    expect(held(names(34))).toBeUndefined()
    expect(held(names(35))).toEqual({
      message:
        'the CA gives names of example.com 50 certificates a week, and 35 of them were had: the rest is for apps',
      ms: 7 * DAY_MS - 35 * 4 * HOUR_MS,
    })
    // two have to be out of the week
    expect(held(names(36))?.ms).toBe(7 * DAY_MS - 35 * 4 * HOUR_MS)
  })

  test('what is older than a week, failed, renewed, of another domain or CA does not count', () => {
    const make = (more: Partial<Order>) => many(60, () => order('x.example.com', HOUR_MS, more))
    const others = [
      ...many(60, (at) => order(`${at}.example.com`, 7 * DAY_MS)),
      ...make({ outcome: { kind: 'failed' } }),
      ...make({ isRenewal: true }),
      ...make({ server: 'https://ca.example/dir' }),
      ...many(60, (at) => order(`${at}.example.org`, 4 * HOUR_MS)),
    ]
    expect(held(others)).toBeUndefined()
  })

  test('one whose end nobody knows counts', () => {
    const unknown = many(35, (at) => {
      const { outcome: _, ...rest } = order(`${at}.example.com`, 4 * HOUR_MS)
      return rest
    })
    expect(held(unknown)).toMatchObject({ ms: 7 * DAY_MS - 4 * HOUR_MS })
  })

  test('names of a suffix of two labels are counted together, which errs on the side of apps', () => {
    const others = many(35, (at) => order(`a.b${at}.co.uk`, 4 * HOUR_MS))
    expect(held(others, { name: 'api--pr-1.example.co.uk' })).toBeDefined()
  })
})

test('of one name there are four a week, and the fifth is for whoever asks by hand', () => {
  const names = (count: number) => many(count, (at) => order(NAME, at * DAY_MS))
  expect(held(names(3))).toBeUndefined()
  expect(held(names(4))).toEqual({
    message: `the CA gives ${NAME} 5 certificates a week, and 4 of them were had`,
    ms: 3 * DAY_MS,
  })
  expect(held(names(4), { name: 'api--pr-2.preview.example.com' })).toBeUndefined()
})

test('proofs of one name may fail four times an hour', () => {
  const failed = (count: number) =>
    many(count, (at) => order(NAME, at * 60_000, { outcome: { kind: 'unproven' } }))
  expect(held(failed(3))).toBeUndefined()
  expect(held(failed(4))).toMatchObject({
    message: `the CA lets 5 proofs an hour fail for ${NAME}, and 4 did`,
    ms: 56 * 60_000,
  })
})

test('of orders in three hours a third is for apps', () => {
  const orders = (count: number) =>
    many(count, (at) => order(`${at}.test${at}`, at * 1000, { outcome: { kind: 'failed' } }))
  expect(held(orders(199))).toBeUndefined()
  expect(held(orders(200))).toMatchObject({ ms: 3 * HOUR_MS - 200_000 })
})

describe('what a CA says counts, whichever it is', () => {
  const server = 'https://ca.example/dir'
  const limited = (of: 'names' | 'domain' | 'account', name: string) => [
    order(name, HOUR_MS, { server, outcome: { kind: 'limited', of, forMs: 3 * HOUR_MS } }),
  ]
  const SAID = { message: 'the CA said that it gives no more for now', ms: 2 * HOUR_MS }

  test.for([
    ['names', NAME, true],
    ['names', 'www.example.com', false],
    ['domain', 'www.example.com', true],
    ['domain', 'www.example.org', false],
    ['account', 'www.example.org', true],
  ] as const)('of %s, about %s: %s', ([of, name, isHeld]) => {
    expect(held(limited(of, name), { server })).toEqual(isHeld ? SAID : undefined)
    expect(held(limited(of, name), { server, reason: 'renewal' })).toEqual(
      isHeld ? SAID : undefined,
    )
    expect(held(limited(of, name))).toBeUndefined()
  })

  test('until its time is over', () => {
    const [one] = limited('account', NAME)
    if (one === undefined) throw new Error('there is none')
    expect(held([{ ...one, at: ago(3 * HOUR_MS) }], { server })).toBeUndefined()
  })

  test('and nothing is counted but that', () => {
    expect(
      held(
        many(99, (at) => order(NAME, at, { server })),
        { server },
      ),
    ).toBeUndefined()
  })
})

test('a renewal uses nothing up that is counted', () => {
  expect(
    held(
      many(99, (at) => order(NAME, at)),
      { reason: 'renewal' },
    ),
  ).toBeUndefined()
})
