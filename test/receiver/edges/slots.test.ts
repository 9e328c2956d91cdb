import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { countConnections, countIn } from '../../../receiver/edges/connections.ts'
import { createSlots } from '../../../receiver/edges/slots.ts'

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
    const slots = createSlots(data)
    slots.makeLive('api', 'green')
    process.umask(umask)
    const mode = (path: string) => statSync(path).mode & 0o777
    expect(mode(data)).toBe(0o711)
    expect(mode(join(data, 'slots/api'))).toBe(0o755)
  })
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
    expect(countIn(text, 8000)).toBe(3)
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
