import { describe, expect, test } from 'vitest'
import { interpolate, InterpolationError } from '../../../receiver/config/interpolate.ts'
import { app, problems, withApp } from './load-text.ts'

const ENV = { SET: 'value', EMPTY: '', _u1: 'low', DOLLAR: '$SET ${SET} $$' }

describe('variables are filled in as in Compose', () => {
  test.for([
    ['', ''],
    ['plain', 'plain'],
    ['$SET', 'value'],
    ['${SET}', 'value'],
    ['a$SET-b', 'avalue-b'],
    ['$SET$SET', 'valuevalue'],
    ['${SET}x', 'valuex'],
    ['$_u1', 'low'],
    ['${EMPTY}', ''],
    ['$$SET', '$SET'],
    ['$${SET}', '${SET}'],
    ['$$$$', '$$'],
    ['$$$SET', '$value'],
    ['{SET}', '{SET}'],
    ['}', '}'],
    // unset or empty
    ['${SET:-d}', 'value'],
    ['${EMPTY:-d}', 'd'],
    ['${UNSET:-d}', 'd'],
    ['${UNSET:-}', ''],
    ['${UNSET:-a b:c?d-e}', 'a b:c?d-e'],
    // unset
    ['${SET-d}', 'value'],
    ['${EMPTY-d}', ''],
    ['${UNSET-d}', 'd'],
    ['${UNSET-}', ''],
    // needed
    ['${SET:?m}', 'value'],
    ['${SET?m}', 'value'],
    ['${EMPTY?m}', ''],
    // alternative
    ['${SET:+a}', 'a'],
    ['${EMPTY:+a}', ''],
    ['${UNSET:+a}', ''],
    ['${SET+a}', 'a'],
    ['${EMPTY+a}', 'a'],
    ['${UNSET+a}', ''],
    // nested
    ['${UNSET:-$SET}', 'value'],
    ['${UNSET:-${SET}}', 'value'],
    ['${UNSET:-${EMPTY:-deep}}', 'deep'],
    ['${UNSET:-a${SET}b}c', 'avaluebc'],
    ['${SET:+<${SET}>}', '<value>'],
    ['${UNSET:-$$5}', '$5'],
    // what is not used need not be there
    ['${SET:-$UNSET}', 'value'],
    ['${SET:-${UNSET:?needed}}', 'value'],
    ['${SET-${UNSET?needed}}', 'value'],
    ['${UNSET:+${UNSET:?needed}}', ''],
    // a value is not read again
    ['${DOLLAR}', '$SET ${SET} $$'],
  ] as const)('%s is %j', ([text, expected]) => {
    expect(interpolate(text, ENV)).toBe(expected)
  })
})

describe('what cannot be filled in is refused', () => {
  const unset = 'the variable UNSET is not set'
  const noName = 'a $ is not followed by a name; write $$ for a plain $'
  test.for([
    [
      '$UNSET',
      `${unset}; set it in the file env beside the config, or write a default: \${UNSET:-…}`,
    ],
    [
      '${UNSET}',
      `${unset}; set it in the file env beside the config, or write a default: \${UNSET:-…}`,
    ],
    ['${UNSET:?give it}', `${unset}: give it`],
    ['${UNSET?give it}', `${unset}: give it`],
    ['${UNSET:?}', `${unset}: it is required`],
    ['${UNSET:?set ${SET}}', `${unset}: set value`],
    ['${EMPTY:?give it}', 'the variable EMPTY is not set: give it'],
    [
      '${EMPTY:-$UNSET}',
      `${unset}; set it in the file env beside the config, or write a default: \${UNSET:-…}`,
    ],
    ['$', noName],
    ['a$', noName],
    ['$ a', noName],
    ['$1', noName],
    ['${}', noName],
    ['${1}', noName],
    ['${-a}', noName],
    ['${ SET}', noName],
    ['$$$', noName],
    ['${SET', '${SET is followed by something other than }, :-, :? or :+'],
    ['${SET:', '${SET is followed by something other than }, :-, :? or :+'],
    ['${SET }', '${SET is followed by something other than }, :-, :? or :+'],
    ['${SET=a}', '${SET is followed by something other than }, :-, :? or :+'],
    ['${SET:-a', 'a ${ is not closed by }'],
    ['${UNSET:-${SET}', 'a ${ is not closed by }'],
  ] as const)('%s', ([text, message]) => {
    expect(() => interpolate(text, ENV)).toThrow(new InterpolationError(message))
  })
})

describe('in the file', () => {
  test('values are filled in after the YAML is read, so they cannot change its form', () => {
    const { container } = app(['environment: { A: $A }', 'user: ${B}'], {
      A: 'x }\nprivileged: true #',
      B: '0: [',
    })
    expect(container.environment).toEqual({ A: 'x }\nprivileged: true #' })
    expect(container.user).toBe('0: [')
  })

  test('keys and comments are not', () => {
    expect(app(['environment: { "$A": b } # $UNSET']).container.environment).toEqual({ $A: 'b' })
  })

  test('quotes make no difference', () => {
    const lines = ['command: ["$A", \'$A\', $A]']
    expect(app(lines, { A: 'x y' }).container.command).toEqual(['x y', 'x y', 'x y'])
  })

  test('an unset variable is told once, with its place', () => {
    expect(problems(withApp('environment:', '  A: 1', '  B: a-${UNSET}'))).toEqual([
      'config.yaml:7:10: apps.api.environment.B: the variable UNSET is not set; set it in the file env beside the config, or write a default: ${UNSET:-…}',
    ])
    expect(problems('url: $UNSET\napps: { a: { image: $UNSET } }\nread_tokens: [$UNSET]')).toEqual([
      expect.stringMatching(/^config\.yaml:1:6: url: the variable UNSET is not set/),
      expect.stringMatching(/^config\.yaml:2:21: apps\.a\.image: the variable UNSET is not set/),
      expect.stringMatching(/^config\.yaml:3:15: read_tokens\[0\]: the variable UNSET is not set/),
    ])
  })
})
