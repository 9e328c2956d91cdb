import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { askNameServers } from '../../../receiver/edges/dns.ts'

const TYPES = { A: 1, AAAA: 28, CAA: 257 } as const
const [NXDOMAIN, SERVFAIL] = [3, 2]

/** RDATA of each record. */
const ZONE: Readonly<Record<string, readonly Buffer[]>> = {
  'api.example.eu/A': [Buffer.from([88, 99, 1, 2])],
  'api.example.eu/AAAA': [Buffer.from('2a0104f8000000000000000000000001', 'hex')],
  'example.eu/CAA': [caa('issue', 'letsencrypt.org; a=b'), caa('iodef', 'mailto:a@example.eu')],
}

function caa(tag: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0, tag.length]), Buffer.from(tag + value)])
}

let server: Socket
let asked: string[]

beforeAll(async () => {
  asked = []
  server = createSocket('udp4', (query, { port, address }) => {
    const { name, type, end } = questionOf(query)
    asked.push(`${name}/${type}`)
    const found = ZONE[`${name}/${type}`] ?? []
    const code = name.startsWith('broken') ? SERVFAIL : name.startsWith('none') ? NXDOMAIN : 0
    const head = Buffer.from(query.subarray(0, 12))
    head.writeUInt16BE(0x8180 + code, 2)
    // one question, the answers, and nothing else
    for (const [at, count] of [1, found.length, 0, 0].entries())
      head.writeUInt16BE(count, 4 + at * 2)
    const answers = found.map((data) => {
      const record = Buffer.alloc(12)
      // the name is that of the question (RFC 1035, section 4.1.4)
      record.writeUInt16BE(0xc00c, 0)
      record.writeUInt16BE(TYPES[type], 2)
      record.writeUInt16BE(1, 4)
      record.writeUInt16BE(data.length, 10)
      return Buffer.concat([record, data])
    })
    if (!name.startsWith('silent')) {
      server.send(Buffer.concat([head, query.subarray(12, end), ...answers]), port, address)
    }
  })
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => server.close())

function questionOf(query: Buffer) {
  const labels: string[] = []
  let at = 12
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  const code = query.readUInt16BE(at + 1)
  const type = (['A', 'AAAA', 'CAA'] as const).find((each) => TYPES[each] === code) ?? 'A'
  return { name: labels.join('.').toLowerCase(), type, end: at + 5 }
}

test('a name server is asked for addresses and CAA, and what it does not have is told apart', async () => {
  const servers = askNameServers([`127.0.0.1:${server.address().port}`])
  expect(await servers.a('api.example.eu')).toEqual(['88.99.1.2'])
  expect(await servers.aaaa('api.example.eu')).toEqual(['2a01:4f8::1'])
  expect(await servers.a('none.example.eu')).toEqual([])
  expect(await servers.aaaa('example.eu')).toEqual([])
  expect(await servers.a('broken.example.eu')).toBe('failed')
  const records = [{ issue: 'letsencrypt.org; a=b' }, {}]
  expect(await servers.caa('example.eu')).toEqual(records)
  expect(await servers.caa('example.eu')).toEqual(records)
  expect(asked.filter((each) => each === 'example.eu/CAA')).toHaveLength(1)
  const silent = servers.a('silent.example.eu')
  // whatever is still open is given up
  servers.close()
  expect(await silent).toBe('silent')
})
