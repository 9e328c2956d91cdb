import { describe, expect, test } from 'vitest'
import { app, load, problems, withApp, withLines } from './load-text.ts'

describe('names that objects have already', () => {
  const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']

  test.for(NAMES)('%s is a variable, a label and a header like any other', (name) => {
    const map = `{ "${name}": value }`
    const { container, health } = app([
      `environment: ${map}`,
      `labels: ${map}`,
      `health: { headers: ${map} }`,
    ])
    for (const record of [container.environment, container.labels, health.headers]) {
      expect(Object.entries(record)).toEqual([[name, 'value']])
    }
  })

  test.for(NAMES)('%s may stand in an env file', (name) => {
    const { container } = app(['env_file: x.env'], {}, { 'x.env': `${name}=value` })
    expect(Object.entries(container.environment)).toEqual([[name, 'value']])
  })

  test.for(NAMES)('%s is a claim that a token must bear', (name) => {
    const { auth } = app([`auth: { oidc: { repository_id: "1", "${name}": x } }`])
    expect(Object.entries(auth.oidc[0]?.claims ?? {})).toEqual([
      ['repository_id', ['1']],
      [name, ['x']],
    ])
  })

  test.for(NAMES)('%s alone does not pin a rule', (name) => {
    expect(problems(withApp(`auth: { oidc: { "${name}": x } }`))).toHaveLength(1)
  })

  test.for(NAMES)('%s is no variable that is set', (name) => {
    expect(problems(withApp(`user: "\${${name}}"`))).toEqual([
      `config.yaml:5:11: apps.api.user: the variable ${name} is not set; set it in the file env beside the config, or write a default: \${${name}:-…}`,
    ])
    expect(app([`user: "\${${name}:-nobody}"`]).container.user).toBe('nobody')
    expect(app([`environment: ["${name}"]`]).container.environment).toEqual({})
  })

  test.for(NAMES)('%s is an unknown key at every level', (name) => {
    for (const text of [
      withLines(`"${name}": {}`),
      withLines(`nginx: { "${name}": {} }`),
      withApp(`"${name}": {}`),
      withApp(`auth: { "${name}": {} }`),
      withApp(`health: { "${name}": {} }`),
    ]) {
      expect(problems(text)).toEqual([expect.stringContaining(`unknown key "${name}"`)])
    }
  })

  test('constructor is a name for an app; an app that is not there is not', () => {
    const { apps, registries } = load(
      'url: https://d.example\napps: { constructor: { image: a/b } }',
    )
    expect(Object.keys(apps)).toEqual(['constructor'])
    expect(apps['toString']).toBeUndefined()
    expect(registries['hasOwnProperty']).toBeUndefined()
  })

  test('__proto__ is no name for an app, nor for a registry', () => {
    const found = problems('url: https://d.example\napps: { __proto__: { image: a/b } }')
    expect(found).toEqual([expect.stringContaining('"__proto__" is not the name of an app')])
    expect(
      problems(withLines('registries: { __proto__: { username: a, password: b } }')),
    ).toHaveLength(1)
  })
})
