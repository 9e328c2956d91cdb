import { describe, expect, test } from 'vitest'
import { patternsOf } from '../../script/patterns/find.ts'
import { growthOf } from '../../script/patterns/growth.ts'
import { judge } from '../../script/patterns/judge.ts'

const SLOW = String.raw`/\s+$/`
const check = (text: string, exceptions: Parameters<typeof judge>[2] = []) =>
  judge(patternsOf('core/x.ts', text), growthOf, exceptions)
const excepted = (text: string) => ({ file: 'core/x.ts', text, why: 'it is short' })

describe('a pattern that backtracks is found with its line and an attack', () => {
  test.each([
    ['a polynomial', '/^(.*?),(.*),x$/', 'polynomial'],
    ['an unanchored one', SLOW, 'polynomial'],
    ['an exponential', '/^(a|a)*$/', 'exponential'],
    ['one that passes over the case', '/^(A|a)*$/i', 'exponential'],
    ['one with counts', '/^(?:[a-f]{64,}x?)+$/', 'exponential'],
    ['counts within counts', '/^(?:a{0,90}){0,90}$/', 'exponential'],
    ['one behind a lookahead', '/^(?=x)(?:x+x+)+y/', 'exponential'],
  ])('%s', (_, pattern, growth) => {
    const [fault, ...others] = check(
      `const a: string = 'x'\n\nexport const b = a.match(${pattern})`,
    )
    expect(others).toEqual([])
    expect(fault).toContain(`core/x.ts:3: ${pattern} takes time of `)
    expect(fault).toContain(growth)
    expect(fault).toContain('.repeat(')
  })

  test.each([
    ['a string', String.raw`new RegExp('\\s+$')`],
    ['a raw template', 'new RegExp(String.raw`\\s+$`)'],
    ['constants', String.raw`const S = '\\s+'; const ALL = RegExp(${'`${S}$`'}, '')`],
  ])('made of %s', (_, text) => {
    expect(check(text)).toEqual([expect.stringContaining(`core/x.ts:1: ${SLOW} takes time of`)])
  })
})

test.each(['/^[a-z]+$/', '/^sha256:[0-9a-f]{64}$/', String.raw`/\\{2}[{}]{1,2}(?<n>\d{1,9})/u`])(
  '%s is proven linear',
  (pattern) => {
    const [{ regex } = { regex: undefined }] = patternsOf('x.ts', `export default ${pattern}`)
    expect(regex && growthOf(regex)).toEqual({ verdict: 'proven' })
  },
)

test('a pattern within a comment, a string or a type is none', () => {
  const text = `// ${SLOW}\nexport type A = \`${SLOW}\`\nexport const b = '${SLOW}'`
  expect(patternsOf('x.ts', text)).toEqual([])
})

test('one that is made of what is not known yet is found', () => {
  const text = 'export const find = (name: string) => new RegExp(`<${name}>`)'
  expect(check(text)).toEqual([
    'core/x.ts:1: new RegExp(`<${name}>`) cannot be read: build it of constants, or say in script/patterns/exceptions.ts why it is harmless',
  ])
  expect(check(text, [excepted('new RegExp(`<${name}>`)')])).toEqual([])
})

test('an exception holds for its file and pattern alone', () => {
  const text = `export const a = ${SLOW}`
  expect(check(text, [excepted(SLOW)])).toEqual([])
  expect(check(text, [{ ...excepted(SLOW), file: 'core/y.ts' }])).toHaveLength(2)
  expect(check(text, [excepted(String.raw`/\s+$/g`)])).toHaveLength(2)
})

test('an exception that is not needed any more is an error', () => {
  const message = (text: string) =>
    `core/x.ts: ${text} needs no exception any more: take it out of script/patterns/exceptions.ts`
  expect(check('export const a = /^a+$/', [excepted('/^a+$/')])).toEqual([message('/^a+$/')])
  expect(check('', [excepted(SLOW)])).toEqual([message(SLOW)])
})
