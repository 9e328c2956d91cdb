import ipaddr from 'ipaddr.js'
import type { PublishedPort } from '../../core/app.ts'
import type { Field, Reader } from '../reader.ts'
import { matching, port, texts } from '../values.ts'

/** `8080`, or `{ port, mode, nodes }`. */
export function readPublish(
  reader: Reader,
  field: Field | undefined,
  inside: Field | undefined,
): PublishedPort | undefined {
  if (field === undefined || reader.isNothing(field)) return undefined
  const target = port(reader, inside)
  if (!reader.isMapping(field)) {
    const published = port(reader, field)
    return published === undefined ? undefined : publishedAt(published, target)
  }
  const keys = reader.mapping(field, ['port', 'mode', 'nodes'])
  const published = port(reader, keys.get('port'))
  const mode = matching(reader, keys.get('mode'), /^(?:ingress|host)$/, 'ingress or host')
  const nodes = texts(reader, keys.get('nodes')).map((node) => node.toLowerCase())
  for (const item of reader.list(keys.get('nodes'))) {
    const address = reader.text(item) ?? ''
    if (ipaddr.IPv4.isValidFourPartDecimal(address) || isPlainIpv6(address)) continue
    const message = `${JSON.stringify(address)} is not an address of a node`
    reader.problem(item, message, '`docker node inspect <node>` shows Status.Addr')
  }
  if (published === undefined) {
    if (reader.isNothing(keys.get('port'))) {
      reader.problem(field, 'port is missing', 'write publish: { port: 8080 }')
    }
    return undefined
  }
  return {
    ...publishedAt(published, target),
    mode: mode === 'host' ? 'host' : 'ingress',
    ...(nodes.length === 0 ? {} : { nodes }),
  }
}

const isPlainIpv6 = (address: string) => ipaddr.IPv6.isValid(address) && !address.includes('%')

/** With the routing mesh each node leads to all tasks, this one too. */
const publishedAt = (published: number, target: number | undefined): PublishedPort => ({
  port: published,
  ...(target === undefined ? {} : { target }),
  mode: 'ingress',
  nodes: ['127.0.0.1'],
})
