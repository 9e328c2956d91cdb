import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connectSystemd } from '../../../receiver/edges/systemd.ts'
import { answersAt, tellSystemd } from '../../../receiver/serve/tell-systemd.ts'
import { type NotifySocket, openNotifySocket } from '../../support/notify-socket.ts'

let dir: string
let reported: string[]
const report = (message: string) => void reported.push(message)
beforeEach(() => {
  reported = []
  dir = mkdtempSync(join(tmpdir(), 'notify-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

test('nothing is told when nobody wants to hear it, and what fails is said once', async () => {
  expect(connectSystemd({ WATCHDOG_USEC: '1000' }, report)).toBeUndefined()
  const environment = { PATH: dir, NOTIFY_SOCKET: join(dir, 'none') }
  const systemd = connectSystemd(environment, report)
  expect(environment).toEqual({ PATH: dir })
  await systemd?.tell({ READY: '1' })
  await systemd?.tell({ WATCHDOG: '1' })
  expect(reported).toEqual(['systemd cannot be told how the receiver is'])
})

describe.runIf(existsSync('/usr/bin/systemd-notify'))('a service manager', () => {
  let manager: NotifySocket
  beforeEach(async () => {
    manager = await openNotifySocket(join(dir, 'notify'))
  })
  afterEach(() => manager.stop())
  const environment = (usec?: string) => ({
    ...process.env,
    NOTIFY_SOCKET: manager.path,
    ...(usec === undefined ? {} : { WATCHDOG_USEC: usec }),
  })

  test('hears what it is told, in its order and each in one line', async () => {
    const told = tellSystemd(environment(), { isAlive: async () => {}, report })
    told.ready('takes hooks\nMAINPID=1')
    told.reloading()
    told.ready('again')
    told.stopping()
    await expect.poll(() => manager.told.length).toBe(4)
    expect(manager.told.map(([first]) => first)).toEqual([
      'READY=1',
      'RELOADING=1',
      'READY=1',
      'STOPPING=1',
    ])
    expect(manager.told[0]).toEqual(['READY=1', 'STATUS=takes hooks MAINPID=1'])
    expect(manager.names()).toContain('MONOTONIC_USEC')
    expect(reported).toEqual([])
  })

  test('gets signs of life while the receiver answers, and none when it does not', async () => {
    const socket = join(dir, 'receiver.sock')
    let isSilent = false
    const server = createServer((_, response) => {
      if (!isSilent) response.end('{}')
    }).listen(socket)
    await once(server, 'listening')
    const isAlive = (signal: AbortSignal) => answersAt(socket, signal)
    const told = tellSystemd(environment('400000'), { isAlive, report })
    told.ready('')
    const signs = () => manager.names().filter((name) => name === 'WATCHDOG').length
    await expect.poll(signs).toBeGreaterThan(1)
    isSilent = true
    // two in a row that were not answered: no sign can have come between them
    await expect.poll(() => reported.length).toBeGreaterThan(0)
    const before = { signs: signs(), reported: reported.length }
    await expect.poll(() => reported.length).toBeGreaterThan(before.reported)
    expect(signs()).toBe(before.signs)
    isSilent = false
    await expect.poll(signs).toBeGreaterThan(before.signs)
    told.stopping()
    await expect.poll(() => manager.names()).toContain('STOPPING')
    server.closeAllConnections()
    server.close()
  })
})
