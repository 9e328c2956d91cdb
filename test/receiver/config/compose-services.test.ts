import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { COMPOSE_SERVICES, FILES, VARIABLES } from './compose-services.ts'
import { load, remarks } from './load-text.ts'

const { services, secrets, configs } = parse(COMPOSE_SERVICES, { merge: true }) as {
  services: Record<string, Record<string, unknown>>
  secrets: object
  configs: object
}
const configOf = (name: string) =>
  stringify({ url: 'https://d.example', apps: { [name]: services[name] }, secrets, configs })

test('there are thirty services in all', () => {
  expect(Object.keys(services)).toHaveLength(30)
})

test.for(Object.keys(services))(
  'the service %s is taken as it is, and what is passed over is only told',
  (name) => {
    expect(load(configOf(name), VARIABLES, FILES).apps[name]).toMatchObject({ name })
    const { notices } = remarks(configOf(name), VARIABLES, FILES)
    expect(
      notices.filter((line) => !/: (?:passed over: |\/\S+ is not there: )/.test(line)),
    ).toEqual([])
  },
)
