import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadConfig } from '../../../receiver/config/load.ts'
import { ConfigError, describeProblem } from '../../../receiver/config/problems.ts'
import { socketOf } from '../../../receiver/config/socket.ts'
import { takeVariables } from '../../../receiver/config/variables.ts'

let dir: string
let config: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'variables-'))
  config = join(dir, 'config.yaml')
  put('config.yaml', 'url: ${URL}\nsocket: ${SOCKET}\napps: {}\n')
  put('env', '# the receiver\nURL=https://d.example\nexport SOCKET="/run/d/d.sock" # here\n')
})
afterEach(() => rmSync(dir, { recursive: true }))

function put(name: string, text: string, mode = 0o600): void {
  writeFileSync(join(dir, name), text)
  chmodSync(join(dir, name), mode)
}

function read(env: Readonly<Record<string, string>> = {}) {
  const warned: string[] = []
  const tell = (text: string) => text.replaceAll(`${dir}/`, '')
  try {
    const { url, socket } = loadConfig(config, env, ({ warnings }) =>
      warned.push(...warnings.map((each) => tell(describeProblem(config, each)))),
    )
    return { url, socket, warned }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { refused: tell(error.message).split('\n') }
  }
}

test('variables of a config stand in the file env beside it', () => {
  expect(read()).toEqual({ url: 'https://d.example', socket: '/run/d/d.sock', warned: [] })
  expect(socketOf(config, {})).toBe('/run/d/d.sock')
})

test('the environment goes over the file, and that is said without the value', () => {
  expect(read({ URL: 'https://other.example' })).toEqual({
    url: 'https://other.example',
    socket: '/run/d/d.sock',
    warned: [
      'config.yaml:1:1: env is not heard on URL: the environment has another value; take it out of one of them: the unit needs no EnvironmentFile=, and a shell no `. env`',
    ],
  })
  expect(read({ URL: 'https://d.example' }).warned).toEqual([])
})

test('a changed file is read again', () => {
  read()
  put('env', 'URL=https://e.example\nSOCKET=/run/d/d.sock\n')
  expect(read().url).toBe('https://e.example')
})

test('without the file, or with a folder of its name, there are those of the environment', () => {
  const env = { URL: 'https://e.example', SOCKET: '/run/e.sock' }
  rmSync(join(dir, 'env'))
  expect(read(env)).toEqual({ url: 'https://e.example', socket: '/run/e.sock', warned: [] })
  mkdirSync(join(dir, 'env'))
  expect(read(env).url).toBe('https://e.example')
  expect(read()).toEqual({
    refused: [
      'config.yaml:1:6: url: the variable URL is not set; set it in the file env beside the config, or write a default: ${URL:-…}',
      'config.yaml:2:9: socket: the variable SOCKET is not set; set it in the file env beside the config, or write a default: ${SOCKET:-…}',
    ],
  })
})

test.each([
  [
    'URL=https://d.example\nSOCKET /run/d.sock\n',
    'env:2:1: it is not KEY=value; a name of letters, digits and _, then = and the value; # begins a comment',
  ],
  ['\n\nURL="https://d.example\n', 'env:3:1: a " is not closed; write " where the value ends'],
])('a line that is not right is named: %j', (text, refused) => {
  put('env', text)
  expect(read()).toEqual({ refused: [refused] })
})

test.each([
  [0o644, 'others can read env (mode 0644), which holds a secret; chmod 600 env'],
  [0o662, 'others can change env: env has mode 0662; chmod go-w env'],
])('a file of mode %o is warned of', (mode, warning) => {
  chmodSync(dir, 0o755)
  chmodSync(join(dir, 'env'), mode)
  expect(read().warned).toEqual([`config.yaml:1:1: ${warning}`])
})

test('the process gets what it has not, for what looks there', () => {
  const process = { URL: 'https://own.example' }
  takeVariables(config, process)
  expect(process).toEqual({ URL: 'https://own.example', SOCKET: '/run/d/d.sock' })
})
