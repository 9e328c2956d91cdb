import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { app, load, notices, problems, remarks, withApp } from './load-text.ts'

let dir: string
beforeAll(() => void (dir = mkdtempSync(join(tmpdir(), 'volumes-'))))
afterAll(() => rmSync(dir, { recursive: true }))

const HERE = /^\/[^:]*deploy-config-[^/:]*/

describe('a volume', () => {
  test.for([
    ['.:/app', '', ':/app'],
    ['./a:/b:ro', '/a', ':/b:ro'],
    ['./:/app', '', ':/app'],
  ] as const)('%s is relative to the config', ([volume, below, rest]) => {
    const [found = ''] = app([`volumes: ["${volume}"]`]).container.volumes
    expect(found).toMatch(HERE)
    expect(found.replace(HERE, '')).toBe(`${below}${rest}`)
  })

  test('.. is the folder above the config', () => {
    const [found = ''] = app(['volumes: ["../c:/d"]']).container.volumes
    expect(found).toMatch(/^\/.*(?<!deploy-config-[^/]*)\/c:\/d$/)
  })

  test.for([
    ['~/x:/y', '/home/me/x:/y'],
    ['~:/y', '/home/me:/y'],
  ] as const)('%s is below the home of who runs the receiver', ([volume, expected]) => {
    const { volumes } = app([`volumes: ["${volume}"]`], { HOME: '/home/me' }).container
    expect(volumes).toEqual([expected])
  })

  test.for(['volumes: [/data]', 'volumes: [{ type: volume, target: /data }]'])(
    'without a name is one: %s',
    (line) => {
      const { volumes, anonymousVolumes } = app([line]).container
      expect({ volumes, anonymousVolumes }).toEqual({ volumes: [], anonymousVolumes: ['/data'] })
    },
  )
})

describe('a folder of the host that is not there', () => {
  const missing = () => join(dir, 'missing')

  test.for([
    ['the short form', () => `"${missing()}:/b"`],
    [
      'create_host_path',
      () => `{ type: bind, source: ${missing()}, target: /b, bind: { create_host_path: true } }`,
    ],
  ] as const)('is made by Docker in %s, and that is said', ([, volume]) => {
    const text = withApp(`volumes: [${volume()}]`)
    expect(remarks(text)).toEqual({
      warnings: [],
      notices: [
        `config.yaml:5:15: apps.api.volumes[0]: ${missing()} is not there: Docker makes it, an empty folder of root's`,
      ],
    })
    expect(load(text).apps['api']?.container.requiredSources).toBeUndefined()
  })

  test('is missing in the long form: no deployment starts, and the config is warned of', () => {
    const text = withApp(`volumes: [{ type: bind, source: ${missing()}, target: /b }]`)
    expect(remarks(text)).toEqual({
      warnings: [
        `config.yaml:5:15: apps.api.volumes[0]: ${missing()} is not there: no deployment starts without it; create it, or write bind: { create_host_path: true }`,
      ],
      notices: [],
    })
    expect(load(text).apps['api']?.container).toMatchObject({
      volumes: [`${missing()}:/b`],
      requiredSources: [missing()],
    })
  })

  test('of one that is there nothing is said', () => {
    const long = `{ type: bind, source: ${dir}, target: /b, read_only: true, consistency: cached }`
    expect(remarks(withApp(`volumes: ["${dir}:/a", ${long}]`))).toEqual({
      warnings: [],
      notices: [],
    })
  })

  test.for([
    ['{ type: bind, source: a b:c, target: /b }', /"a b:c:\/b" is not a bind; write/],
    ['{ type: volume, source: /a, target: /b }', /"\/a:\/b" is not a volume; write/],
  ] as const)('%s is refused', ([volume, message]) => {
    expect(problems(withApp(`volumes: ['${volume}']`.replaceAll("'", '')))).toEqual([
      expect.stringMatching(message),
    ])
  })
})

describe('files that are declared at the top', () => {
  const lines = (kind: string, item: string, declared: string) =>
    `${withApp(`${kind}: [${item}]`)}\n${kind}: ${declared}`

  test.for([
    ['secrets', 'key', '/run/secrets/key'],
    ['secrets', '{ source: key, target: other }', '/run/secrets/other'],
    ['secrets', '{ source: key, target: /etc/key }', '/etc/key'],
    ['configs', 'key', '/key'],
    ['configs', '{ source: key, target: /etc/key }', '/etc/key'],
  ] as const)('%s: %s is mounted to be read', ([kind, item, target]) => {
    const text = lines(kind, item, '{ key: { file: ./key.txt } }')
    const { volumes, requiredSources } =
      load(text, {}, { 'key.txt': 'x' }).apps['api']?.container ?? {}
    expect(volumes).toEqual([`${requiredSources?.[0]}:${target}:ro`])
    expect(requiredSources).toEqual([expect.stringMatching(/\/key\.txt$/)])
  })

  test('one that is not there is a warning', () => {
    const { warnings } = remarks(lines('secrets', 'key', `{ key: { file: ${dir}/key } }`))
    expect(warnings).toEqual([
      `config.yaml:5:15: apps.api.secrets[0]: ${dir}/key is not there: no deployment starts without it; create it`,
    ])
  })

  test('uid, gid and mode are passed over, as Compose does it', () => {
    const item = '{ source: key, uid: "1", gid: "1", mode: 0440 }'
    const said = notices(lines('secrets', item, '{ key: { file: key } }'), {}, { key: 'x' })
    expect(said.map((line) => line.replace(/^.*: apps/, 'apps'))).toEqual(
      ['uid', 'gid', 'mode'].map(
        (key) => `apps.api.secrets[0].${key}: passed over: a file is mounted with its own`,
      ),
    )
  })

  test.for([
    [
      lines('secrets', 'key', '{}'),
      'secrets[0]: "key" is not among the secrets; write secrets: { key: { file: ./key } } at the top of this file',
    ],
    [
      lines('configs', 'key', '{ key: { content: x } }'),
      'configs[0]: configs.key names no file, and files alone are mounted; write configs: { key: { file: ./key } } at the top of this file; a value can be given by environment or env_file',
    ],
    [
      lines('secrets', '{ target: a }', '{}'),
      'secrets[0]: source is missing; name one of secrets at the top of this file',
    ],
    [
      lines('configs', '{ source: key, target: a }', '{ key: { file: / } }'),
      'configs[0].target: "a" is not a path from the root, without a colon',
    ],
  ] as const)('%s is refused', ([text, problem]) => {
    expect(problems(text).map((each) => each.replace(/^[^ ]+ apps\.api\./, ''))).toEqual([problem])
  })
})
