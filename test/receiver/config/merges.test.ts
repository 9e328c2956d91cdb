import { describe, expect, test } from 'vitest'
import { app, load, problems, withApp } from './load-text.ts'

describe('anchors, aliases and merges', () => {
  const twoApps = (...lines: string[]) => ['url: https://d.example', 'apps:', ...lines].join('\n')

  test('an alias stands for what its anchor names', () => {
    const { apps } = load(
      twoApps(
        '  a: { image: x/a, environment: &env { A: "1" }, watch: &w 3s }',
        '  b: { image: x/b, environment: *env, watch: *w }',
      ),
    )
    expect(apps['b']).toMatchObject({ container: { environment: { A: '1' } }, watchMs: 3000 })
  })

  test('a merge gives what is not said, and what is said wins', () => {
    const { apps } = load(
      twoApps(
        '  a: &a { image: x/a, port: 1, keep: 7, drain: 1s }',
        '  b: { port: 2, <<: *a, image: x/b }',
      ),
    )
    expect(apps['b']).toMatchObject({
      image: { repository: 'docker.io/x/b' },
      port: 2,
      keep: 7,
      drainMs: 1000,
    })
  })

  test('of several merged mappings the first wins, also over its own merges', () => {
    const { apps } = load(
      twoApps(
        '  a: &a { image: x/a, keep: 1 }',
        '  b: &b { <<: *a, keep: 2, drain: 2s }',
        '  c: { <<: [*b, *a, { drain: 3s, watch: 3s }] }',
      ),
    )
    expect(apps['c']).toMatchObject({ keep: 2, drainMs: 2000, watchMs: 3000 })
  })

  test('a merge works in free mappings too', () => {
    const { apps } = load(
      twoApps(
        '  a: { image: x/a, environment: &e { A: 1, B: 2 } }',
        '  b: { image: x/b, environment: { <<: *e, B: 3 } }',
      ),
    )
    expect(apps['b']?.container.environment).toEqual({ A: '1', B: '3' })
  })

  test('a wrong value is told where it stands, once for each use', () => {
    expect(problems(twoApps('  a: &a { image: x/a, keep: 0 }', '  b: { <<: *a }'))).toEqual([
      'config.yaml:3:29: apps.a.keep: "0" is not a whole number of at least 1',
      'config.yaml:3:29: apps.b.keep: "0" is not a whole number of at least 1',
    ])
  })

  test('an unknown key that is merged in is unknown', () => {
    const text = withApp('health: &h { interval: 1s }', 'healthcheck: { <<: [*h, { pth: 1 }] }')
    expect(problems(text)).toEqual([
      expect.stringContaining('apps.api.healthcheck.pth: unknown key "pth"'),
    ])
  })

  test.for(['5', 'text', '[1]', '~', '*nowhere'])('<<: %s is refused', (value) => {
    expect(problems(withApp(`health: { <<: ${value} }`))).toEqual([
      expect.stringMatching(
        /^config\.yaml:5:\d+: apps\.api\.health: << merges a mapping, or a list of mappings, alone$/,
      ),
    ])
  })

  test('a mapping that merges itself is refused', () => {
    expect(problems(withApp('health: &h { path: /a, <<: *h }'))).toEqual([
      'config.yaml:5:32: apps.api.health: << merges a mapping, or a list of mappings, alone',
    ])
    const round = withApp('health: &h { path: /a, <<: [{ <<: *h }] }')
    expect(problems(round)).toHaveLength(1)
  })

  test('"<<" in quotes is a key like any other', () => {
    expect(app(['labels: { "<<": x }']).container.labels).toEqual({ '<<': 'x' })
  })

  test('an alias without an anchor is refused, not taken for nothing', () => {
    expect(problems(withApp('keep: *many'))).toEqual([
      'config.yaml:5:11: apps.api.keep: no anchor stands before this alias; quote a text that begins with *',
    ])
  })
})
