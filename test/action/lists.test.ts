import { describe, expect, test } from 'vitest'
import { parseList } from '../../action/lists.ts'

describe('a list whose items may hold commas', () => {
  test.each<[string, string, string[]]>([
    ['nothing is no item', '', []],
    ['each line is an item', 'A=1\nB=2', ['A=1', 'B=2']],
    ['Windows line ends separate too', 'A=1\r\nB=2', ['A=1', 'B=2']],
    ['a comma stays', 'A=1,2,3', ['A=1,2,3']],
    ['blank lines and white space around are dropped', '\n  A=1  \n\n B=2\n', ['A=1', 'B=2']],
    ['a quoted item keeps its line ends', '"A=one\ntwo"\nB=2', ['A=one\ntwo', 'B=2']],
    ['a doubled quote is one', '"A=say ""hi"", twice"', ['A=say "hi", twice']],
    ['a quote inside is an ordinary character', 'A="x,y"', ['A="x,y"']],
    ['a quoted beginning that goes on is ordinary', '"A"=1', ['"A"=1']],
    ['a line that begins with # is a comment', '# why\nA=1\n  # more\nB=#2', ['A=1', 'B=#2']],
    ['a # inside a quoted item is text', '"A=one\n# two"', ['A=one\n# two']],
  ])('%s', (_, text, items) => {
    expect(parseList(text, { name: 'build-args', keepCommas: true })).toEqual(items)
  })
})

describe('a list that commas separate', () => {
  test.each<[string, string, string[]]>([
    [
      'commas and line ends separate',
      'linux/amd64,linux/arm64\nlinux/arm/v7',
      ['linux/amd64', 'linux/arm64', 'linux/arm/v7'],
    ],
    ['a line quoted as a whole is still a list', '"a,b"', ['a', 'b']],
    ['a quoted field among others keeps its comma', '"a,b",c', ['a,b', 'c']],
    ['empty fields are dropped', 'a,,b,', ['a', 'b']],
  ])('%s', (_, text, items) => {
    expect(parseList(text, { name: 'tags', keepCommas: false })).toEqual(items)
  })
})

test('a quote that is never closed is an error that names the input and shows the line', () => {
  expect(() => parseList('A=1\n"B=2\nC=3', { name: 'labels', keepCommas: true })).toThrow(
    'input labels: the quote that opens "B=2 is never closed',
  )
})

test.for(['secrets', 'secret-files', 'secret-envs', 'build-args', 'url'])(
  'of %s, where a line may be a secret, it shows none',
  (name) => {
    expect(() => parseList('a=1\n"b=hunter2', { name, keepCommas: true })).toThrow(
      `input ${name}: the quote that opens one of its lines is never closed`,
    )
  },
)
