import { execFile } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { countConnections, countIn } from '../../../receiver/edges/connections.ts'
import { listenersIn, listenersOf } from '../../../receiver/edges/listeners.ts'
import { makeWebroot } from '../../../receiver/edges/certbot/obtain.ts'
import { createSlots } from '../../../receiver/edges/slots.ts'
import { readTable } from '../../../receiver/edges/tcp-sockets.ts'

describe('slot flags', () => {
  let data: string
  beforeEach(() => {
    data = mkdtempSync(join(tmpdir(), 'slots-'))
  })
  afterEach(() => rmSync(data, { recursive: true }))

  test('say that nothing is live before the first deployment', () => {
    expect(createSlots(data).live('api')).toBeUndefined()
  })

  test('say which slot was made live last, also to another process', () => {
    for (const slot of ['green', 'blue', 'green'] as const) {
      createSlots(data).makeLive('api', slot)
      expect(createSlots(data).live('api')).toBe(slot)
    }
    expect(createSlots(data).live('other')).toBeUndefined()
  })

  test("can be looked up by Nginx's workers whatever the umask is", () => {
    const umask = process.umask(0o077)
    const slots = createSlots(join(data, 'deeper'))
    slots.makeLive('api', 'green')
    makeWebroot(data)
    process.umask(umask)
    const mode = (path: string) => statSync(join(data, path)).mode & 0o777
    expect(mode('.')).toBe(0o711)
    expect(mode('deeper')).toBe(0o711)
    expect(mode('deeper/slots/api')).toBe(0o755)
    expect(mode('acme')).toBe(0o755)
  })
})

describe('the straight way', () => {
  let data: string
  beforeEach(() => {
    data = mkdtempSync(join(tmpdir(), 'straight-'))
  })
  afterEach(() => rmSync(data, { recursive: true }))

  const straight = (app: string) =>
    Object.entries(createSlots(data).flags(app).straight).flatMap(([slot, file]) =>
      existsSync(file) ? slot : [],
    )

  test('leads to the live slot while nothing keeps visitors from it and somebody hears of them', () => {
    const slots = createSlots(data)
    slots.makeLive('api', 'green')
    expect(straight('api')).toEqual([])
    slots.hear(true)
    expect(straight('api')).toEqual(['green'])
    const turns: [() => void, string[]][] = [
      [() => slots.makeLive('api', 'blue'), ['blue']],
      [() => slots.pause('api'), []],
      [() => slots.makeLive('api', 'green'), []],
      [() => slots.unpause('api'), ['green']],
      [() => slots.setMaintenance('api', true), []],
      [() => slots.setDrained('api', true), []],
      [() => slots.setMaintenance('api', false), ['green']],
      [() => slots.hear(false), []],
      [() => slots.hear(true), ['green']],
      [() => slots.clear('api'), []],
      [() => slots.makeLive('api', 'blue'), ['blue']],
    ]
    for (const [turn, expected] of turns) {
      turn()
      expect(straight('api')).toEqual(expected)
    }
    expect(straight('other')).toEqual([])
  })

  test('is mended where another version, or a power cut, left one that is not true', () => {
    const slots = createSlots(data)
    slots.hear(true)
    for (const app of ['api', 'shop', 'gone']) slots.makeLive(app, 'green')
    writeFileSync(slots.flags('api').straight.blue, '')
    rmSync(slots.flags('shop').green)
    rmSync(slots.flags('gone').ready)
    mkdirSync(join(data, 'slots/lost+found'))
    writeFileSync(join(data, 'slots/a-file'), '')
    slots.straighten()
    expect(['api', 'shop', 'gone'].map(straight)).toEqual([['green'], ['blue'], []])
  })

  test(
    'is never there beside a flag that says something else, at whatever call the receiver dies',
    { tags: 'long' },
    async () => {
      const slots = pathToFileURL(join(import.meta.dirname, '../../../receiver/edges/slots.ts'))
      const all = `
        const { createSlots } = await import(${JSON.stringify(slots.href)})
        const slots = createSlots(${JSON.stringify(data)})
        slots.hear(true)
        for (const slot of ['blue', 'green', 'blue', 'green']) slots.makeLive('api', slot)
        for (const isOn of [true, false]) slots.setMaintenance('api', isOn)
        slots.pause('api')
        slots.makeLive('api', 'blue')
        slots.unpause('api')
        slots.clear('api')`
      const calls = join(data, 'calls')
      const strace = ['-f', '-qq', '-e', 'trace=%file', '-o', calls]
      const node = [process.execPath, '--input-type=module', '-e', all]
      await promisify(execFile)('strace', [...strace, ...node])
      const there = new Set<string>()
      let seen = 0
      for (const line of readFileSync(calls, 'utf8').split('\n')) {
        const [, call = '', name = ''] =
          /\b(open|openat|unlink|unlinkat)\(.*"[^"]*\/slots\/api\/([a-z-]+)".* = \d+$/.exec(line) ??
          []
        if (name === '') continue
        if (call.startsWith('unlink')) there.delete(name)
        else if (line.includes('O_CREAT')) there.add(name)
        if (name.startsWith('straight')) seen += 1
        for (const slot of ['blue', 'green']) {
          if (!there.has(`straight-${slot}`)) continue
          const others = [...there].filter((each) => each !== `straight-${slot}`).toSorted()
          expect(others).toEqual(slot === 'green' ? ['green', 'ready'] : ['ready'])
        }
      }
      expect(seen).toBeGreaterThan(10)
      expect(there).toEqual(new Set())
    },
  )
})

describe('connections', () => {
  test('count those that serve a client, of both families, and no others', () => {
    const line = (local: string, state: string) =>
      `   0: ${local} 0100007F:D2F0 ${state} 00000000:00000000`
    const text = [
      '  sl  local_address rem_address   st tx_queue rx_queue',
      line('0AD50A0A:1F40', '01'),
      line('0AD50A0A:1F40', '08'),
      line('0000000000000000FFFF00000AD50A0A:1F40', '01'),
      line('00000000:1F40', '0A'),
      line('0AD50A0A:1F40', '06'),
      line('0AD50A0A:1F41', '01'),
    ].join('\n')
    expect(countIn(readTable(text), 8000)).toBe(3)
  })

  test('count a connection from its opening to its end', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    expect(countConnections({ pid: process.pid, port })).toBe(0)
    const client = connect(port, '127.0.0.1')
    const [socket] = await once(server, 'connection')
    expect(countConnections({ pid: process.pid, port })).toBe(1)
    client.end()
    socket.end()
    await Promise.all([once(client, 'close'), once(socket, 'close')])
    expect(countConnections({ pid: process.pid, port })).toBe(0)
    server.close()
  })

  test('are unknown of a process that is gone', () => {
    expect(countConnections({ pid: 0, port: 80 })).toBeUndefined()
    expect(countConnections({ pid: 2 ** 30, port: 80 })).toBeUndefined()
  })
})

describe('listeners', () => {
  test('are shown with their addresses, of both families, without connections and Docker’s name server', () => {
    const line = (local: string, state = '0A') => `   0: ${local} 00000000:0000 ${state} 00000000:0`
    const text = [
      '  sl  local_address rem_address   st tx_queue rx_queue',
      line('0100007F:1F40'),
      line('00000000:0BB8'),
      line('0B00007F:A0A1'),
      line('0100007F:1F40', '01'),
      line('00000000000000000000000000000000:0050'),
      line('00000000000000000000000001000000:1F40'),
      line('0000000000000000FFFF00000100007F:1F41'),
    ].join('\n')
    expect(listenersIn(readTable(text)).map(({ address, port }) => `${address} ${port}`)).toEqual([
      '127.0.0.1 8000',
      '0.0.0.0 3000',
      ':: 80',
      '::1 8000',
      '127.0.0.1 8001',
    ])
  })

  test('are those of this machine’s kernel', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    expect(listenersOf({ pid: process.pid })).toContainEqual({ address: '127.0.0.1', port })
    server.close()
    expect(listenersOf({ pid: 2 ** 30 })).toEqual([])
  })
})
