import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULT_SOCKET } from '../../receiver/config/socket.ts'
import { createSlots, heardFlag } from '../../receiver/edges/slots.ts'
import { UNIT, wordsOf } from '../support/unit.ts'

let dir: string
let unit: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'unit-'))
  unit = join(dir, 'deploy-receiver.service')
  // whether a program is installed is not what is asked
  writeFileSync(unit, UNIT.replaceAll(/^(ExecStart=)\S+/gm, '$1/bin/true'))
})
afterAll(() => rmSync(dir, { recursive: true }))

const analyze = (...args: string[]): Promise<{ code: number; said: string }> =>
  new Promise((resolve) =>
    execFile('systemd-analyze', ['--no-pager', ...args, unit], (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), said: `${stdout}${stderr}` }),
    ),
  )

function isThere(): boolean {
  try {
    execFileSync('systemd-analyze', ['--version'])
    return true
  } catch {
    return false
  }
}

describe.runIf(isThere())('the unit', () => {
  test('has nothing that systemd does not know, or that is not right', async () => {
    expect(await analyze('verify', '--man=no')).toEqual({ code: 0, said: '' })
  })

  test('is as closed as the docs say', async () => {
    const { code, said } = await analyze('security', '--offline=true', '--threshold=30')
    expect([code, said]).toEqual([
      0,
      expect.stringMatching(/Overall exposure level .*: (?:[0-2]\.\d|3\.0) OK/),
    ])
  })
})

test('the unit makes the folders of the data and of the socket', () => {
  expect(wordsOf('StateDirectory')).toEqual(['deploy-receiver'])
  expect(DEFAULT_SOCKET).toBe(`/run/${wordsOf('RuntimeDirectory').join('')}/deploy-receiver.sock`)
})

test('the unit takes away what a killed receiver leaves, by which Nginx sends to it', () => {
  const data = mkdtempSync(join(tmpdir(), 'stop-post-'))
  try {
    const slots = createSlots(data)
    slots.makeLive('api', 'blue')
    slots.hear(true)
    const { straight, ready } = slots.flags('api')
    const [command = ''] = /(?<=^ExecStopPost=-).+$/m.exec(UNIT) ?? []
    execFileSync('/bin/sh', ['-c', command.replaceAll('/var/lib/deploy-receiver', data)])
    const left = [heardFlag(data), straight.blue, ready].filter((file) => existsSync(file))
    expect(left).toEqual([ready])
  } finally {
    rmSync(data, { recursive: true })
  }
})

test("the unit's sandbox lets Nginx write its pid file, not only the one that there is now", () => {
  const writable = wordsOf('ReadWritePaths')
  expect(writable).toContain('/run')
  expect(writable.filter((path) => path.endsWith('.pid'))).toEqual([])
})
