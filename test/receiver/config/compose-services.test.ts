import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { load, remarks } from './load-text.ts'

const FILE = join(import.meta.dirname, 'compose-services.yaml')
const { services, secrets, configs } = parse(readFileSync(FILE, 'utf8'), { merge: true }) as {
  services: Record<string, Record<string, unknown>>
  secrets: object
  configs: object
}
const ENV = { POSTGRES_PASSWORD: 'pw', HOME: '/home/me' }
/** What the services name beside the file. */
const FILES = {
  ...Object.fromEntries(
    ['db_password.txt', 'bot_token.txt', 'grafana.ini', 'prometheus.yml'].map((name) => [name, '']),
  ),
  'db.env': 'DB_USER=app\nDB_CERTIFICATE="-----BEGIN\nabc=\n-----END"\n',
  'keycloak.env': 'KC_DB="postgres"\n',
  'labels.env': 'com.example.team=data\n',
}
const configOf = (name: string) =>
  stringify({ url: 'https://d.example', apps: { [name]: services[name] }, secrets, configs })

test('there are thirty services in all', () => {
  expect(Object.keys(services)).toHaveLength(30)
})

test.for(Object.keys(services))(
  'the service %s is taken as it is, and what is passed over is only told',
  (name) => {
    expect(load(configOf(name), ENV, FILES).apps[name]).toMatchObject({ name })
    const { notices } = remarks(configOf(name), ENV, FILES)
    expect(
      notices.filter((line) => !/: (?:passed over: |\/\S+ is not there: )/.test(line)),
    ).toEqual([])
  },
)
