import { describe, expect, test } from 'vitest'
import { credentialsIn, isSecret } from '../../../receiver/config/secret-values.ts'

const RANDOM = 'k3Jx9QmZ2vT7pWc5RbN8'

describe('a value is secret', () => {
  test.each([
    ['DB_PASSWORD', 'hunter2'],
    ['PGPASSWORD', 'correct.horse'],
    ['MYSQL_PWD', 'pa/ss'],
    ['API_KEY', '12345678'],
    ['PIN', '123456ab'],
    ['STRIPE_SECRET_KEY_2', 'abc'],
    ['SECRET_KEY_BASE', 'abc'],
    ['apikey', 'abcd'],
    ['X-Auth-Token', 'abcd'],
    ['Authorization', 'hello-there'],
    ['SENTRY_DSN', `https://${RANDOM}@sentry.example/1`],
    ['DBPASS', 'hunter2'],
    ['SMTP_PW', 'hunter2.hunter'],
    ['DB_PASSWORD', '4738291047582d'],
    ['SIGNING_KEY', 'abc'],
    ['HASH_SALT', 'k3Jx9QmZ'],
  ])('by its name: %s=%s', (name, value) => {
    expect(isSecret({ name, value, fromOutside: false })).toBe(true)
  })

  test.each([
    'production-eu',
    'some words of a sentence',
    'SG.ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf',
  ])('because it comes from outside of the text: %s', (value) => {
    expect(isSecret({ name: 'X', value, fromOutside: true })).toBe(true)
    expect(isSecret({ name: 'X', value: 'short', fromOutside: true })).toBe(false)
  })

  test.each([
    RANDOM,
    '9f86d081884c7d659a2feaa0c55ad015',
    '0b5f1a52-6f0e-4c38-9d0b-2f7c9f4e1a11',
    `https://hooks.example.com/services/${RANDOM}`,
  ])('because it looks random: %s', (value) => {
    expect(isSecret({ name: 'X', value, fromOutside: false })).toBe(true)
  })

  test.each([
    'postgres://app:pw@db/x',
    'amqp://a:b@one,amqp://a:c@two',
    'Server=db;User Id=app;Password=pw;',
    'https://db.example/?token=abcdefgh',
  ])('because a password is in it: %s', (value) => {
    expect(isSecret({ name: 'X', value, fromOutside: false })).toBe(true)
  })
})

describe('a value is not secret', () => {
  test.each([
    '127.0.0.1',
    '127.0.0.1:8080',
    '[::1]:8080',
    '10.0.0.0/8',
    'fd00::1',
    'db.internal.example.com',
    'db.example.com:5432',
    'localhost:5432',
    'database:5432',
    'https://api.example.com/v1/items',
    'postgres://database/app',
    'postgres://app@database/app',
    'ghcr.io/acme/frontend:1.4.2',
    `ghcr.io/acme/api@sha256:${'a1'.repeat(32)}`,
    `sha256:${'a1'.repeat(32)}`,
    '123456789012',
    '12.500.000',
    'true',
    '512m',
  ])('that says where or how much, wherever it comes from: %s', (value) => {
    expect(isSecret({ name: 'X', value, fromOutside: true })).toBe(false)
  })

  test.each(['8080', 'true', '10.0.0.1', '30s', ''])('whatever its name, if it is %j', (value) => {
    expect(isSecret({ name: 'SESSION_TOKEN', value, fromOutside: true })).toBe(false)
  })

  test.each([
    ['SERVICE_NAME', 'frontend'],
    ['LOG_FORMAT', 'human-readable-with-colors-2'],
    ['PUBLIC_KEY', 'none-of-it'],
    ['KEY_SERVER', 'keyserver-of-ours'],
    ['PASSWORD_FILE', '/run/secrets/password'],
    ['TOKEN_TTL', '24 hours'],
    ['COMPASS', 'north-by-northwest'],
    ['MESSENGER_TRANSPORT_DSN', 'redis://redis:6379/messages'],
    ['MAILER_DSN', 'smtp://mail:25'],
    ['DB_DSN', '/data/app.db'],
    ['SMTP_AUTH', 'plain'],
    ['SORT_KEY', 'name'],
    ['SESSION_COOKIE', 'sid'],
    ['MODE', 'HelloWorldFooBarBaz'],
  ])('when it is written in the config and says nothing of the kind: %s=%s', (name, value) => {
    expect(isSecret({ name, value, fromOutside: false })).toBe(false)
  })
})

test.each<[string, string[]]>([
  ['postgres://app:p%40ss@db/x', ['p%40ss', 'p@ss']],
  ['postgres://app:p@ss@db/x', ['p@ss']],
  ['redis://:only@cache:6379', ['only']],
  [`https://${RANDOM}@git.example/x`, [RANDOM]],
  ['amqp://a:b@one,amqp://a:c@two', ['b@one,amqp:', 'b', 'c']],
  ['Server=db;Password="p;w";Encrypt=true', ['p;w']],
  ['AccountName=x;AccountKey=abc==;EndpointSuffix=y', ['abc==']],
  ['nothing=here', []],
  ['mail me at a@b', []],
])('the passwords in %s are %j', (value, expected) => {
  for (const each of expected.slice(-1)) expect(credentialsIn(value)).toContain(each)
  if (expected.length === 0) expect(credentialsIn(value)).toEqual([])
})
