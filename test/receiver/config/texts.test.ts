import { describe, expect, test } from 'vitest'
import { EnvFileError, parseEnvFile, parseRawEnvFile } from '../../../receiver/config/env-file.ts'
import { nearest } from '../../../receiver/config/nearest.ts'
import { parseBytes } from '../../../receiver/config/values.ts'
import { splitWords } from '../../../receiver/config/words.ts'

describe('sizes', () => {
  test.for([
    ['1048576', 1_048_576],
    ['10b', 10],
    ['1k', 1024],
    ['1kb', 1024],
    ['1KiB', 1024],
    ['512m', 536_870_912],
    ['512MB', 536_870_912],
    ['1.5g', 1_610_612_736],
    ['2 gb', 2_147_483_648],
    ['1T', 1_099_511_627_776],
    ['0', 0],
  ] as const)('%s is %d bytes', ([text, bytes]) => {
    expect(parseBytes(text)).toBe(bytes)
  })

  test.for(['', 'm', '-1m', '1x', '1  m', '1ib', '1e3', '0x10', '.5g', '1m '])(
    '%j is none',
    (text) => {
      expect(parseBytes(text)).toBeUndefined()
    },
  )
})

describe('words', () => {
  test.for([
    ['', []],
    ['  ', []],
    ['a', ['a']],
    [' a  b\tc\n', ['a', 'b', 'c']],
    ['a "b c" d', ['a', 'b c', 'd']],
    ["a 'b \"c' d", ['a', 'b "c', 'd']],
    ['a"b"\'c\'d', ['abcd']],
    ['""', ['']],
    ["a '' b", ['a', '', 'b']],
    ['a\\ b', ['a b']],
    ['"a\\"b\\\\c\\d"', ['a"b\\c\\d']],
    ["'a\\'", ['a\\']],
    ['a\\', ['a\\']],
    ['echo $HOME * ~ | ; &', ['echo', '$HOME', '*', '~', '|', ';', '&']],
  ] as const)('%j', ([text, words]) => {
    expect(splitWords(text)).toEqual(words)
  })

  test.for(['"a', "'a", 'a "b\\"'])('an open quote is refused: %j', (text) => {
    expect(() => splitWords(text)).toThrow('is not closed')
  })
})

describe('the nearest word', () => {
  const KEYS = ['image', 'domains', 'port', 'environment', 'env_file', 'networks', 'mem_limit']
  test.for([
    ['imgae', 'image'],
    ['Image', 'image'],
    ['domain', 'domains'],
    ['ports', 'port'],
    ['prot', 'port'],
    ['iamge', 'image'],
    ['enviroment', 'environment'],
    ['env-file', 'env_file'],
    ['network', 'networks'],
    ['memlimit', 'mem_limit'],
    ['memory', undefined],
    ['x', undefined],
    ['', undefined],
    ['volumes', undefined],
  ] as const)('of %j is %j', ([word, found]) => {
    expect(nearest(word, KEYS)).toBe(found)
  })

  test('of nothing is nothing', () => {
    expect(nearest('image', [])).toBeUndefined()
  })
})

describe('a raw env file', () => {
  test.for([
    ['A="b"', { A: '"b"' }],
    ["A=b # 'c'\n# d\n\nB= e ", { A: "b # 'c'", B: ' e ' }],
    ['A-b=c=d', { 'A-b': 'c=d' }],
    ['FROM_RECEIVER\nNOWHERE', { FROM_RECEIVER: 'here' }],
  ] as const)('%j is taken as it is', ([text, values]) => {
    expect(parseRawEnvFile(text, { FROM_RECEIVER: 'here' })).toEqual(values)
  })

  test('has a name on every line', () => {
    expect(() => parseRawEnvFile('A=1\n=2', {})).toThrow(
      expect.objectContaining({ line: 2, message: 'it is not KEY=value' }),
    )
  })
})

describe('an env file', () => {
  const env = { FROM_RECEIVER: 'here' }
  test.for([
    ['A=1', { A: '1' }],
    ['A=1\nB=2\n', { A: '1', B: '2' }],
    ['A=1\r\nB=2\r\n', { A: '1', B: '2' }],
    ['\uFEFFA=1', { A: '1' }],
    ['# comment\n\n  # another\nA=1', { A: '1' }],
    ['export A=1', { A: '1' }],
    ['  A = 1  ', { A: '1' }],
    ['A=', { A: '' }],
    ['A=b=c', { A: 'b=c' }],
    ['A=1\nA=2', { A: '2' }],
    ['A=b # comment', { A: 'b' }],
    ['A=b#c', { A: 'b#c' }],
    ['A=#b', { A: '#b' }],
    ['A= # b', { A: '# b' }],
    ['A=b\t#c', { A: 'b\t#c' }],
    ['A: b\nB:c', { A: 'b', B: 'c' }],
    ['A[0]=c', { 'A[0]': 'c' }],
    ["A='b # c'", { A: 'b # c' }],
    ['A="b # c" # d', { A: 'b # c' }],
    ['A="b\\nc\\t\\"d\\"\\\\"', { A: 'b\nc\t"d"\\' }],
    ["A='b\\nc'", { A: 'b\\nc' }],
    ["A=it's", { A: "it's" }],
    ["A='it\\'s' # it", { A: "it's" }],
    ["A='b\\\\'", { A: 'b\\\\' }],
    ['A="C:\\path\\new ^\\d+\\.\\$"', { A: 'C:\\path\new ^\\d+\\.$' }],
    ['A="b\nc # d\n\ne" # f\nB=2', { A: 'b\nc # d\n\ne', B: '2' }],
    ["A='b\r\nc\\n'\r\nB=2", { A: 'b\nc\\n', B: '2' }],
    ['A="b \\"c\n=\nd"\nC=4', { A: 'b "c\n=\nd', C: '4' }],
    ['A=$B ${C}', { A: '$B ${C}' }],
    ['a.b-c=1', { 'a.b-c': '1' }],
    ['FROM_RECEIVER', { FROM_RECEIVER: 'here' }],
    ['NOWHERE', {}],
  ] as const)('%j', ([text, values]) => {
    expect(parseEnvFile(text, env)).toEqual(values)
  })

  test.for([
    ['A=1\n=2', 2, 'it is not KEY=value'],
    ['1A=x', 1, 'it is not KEY=value'],
    ['A B=x', 1, 'it is not KEY=value'],
    ['{"a": 1}', 1, 'it is not KEY=value'],
    ['A="b\nc', 1, 'a " is not closed'],
    ["A=1\n\nB='b", 3, "a ' is not closed"],
    ['A="b\nc" B=3', 2, 'something follows the " that ends the value'],
    ["A='''b'''", 1, "something follows the ' that ends the value"],
    ['A="b\n\nc"\n\n=2', 5, 'it is not KEY=value'],
  ] as const)('%j is refused', ([text, line, message]) => {
    const refused = expect(() => parseEnvFile(text, env))
    refused.toThrow(EnvFileError)
    refused.toThrow(expect.objectContaining({ line, message, hint: expect.any(String) }))
  })
})
