import type { Healthcheck } from '../core/slots/container-settings.ts'
import type { Field, Reader } from './reader.ts'
import { boolean, duration, number, texts } from './values.ts'

/** Reads Compose's `healthcheck`. */
export function readHealthcheck(reader: Reader, field: Field | undefined): Healthcheck | undefined {
  if (field === undefined) return undefined
  const keys = reader.mapping(field, [
    'test',
    'interval',
    'timeout',
    'retries',
    'start_period',
    'start_interval',
    'disable',
  ])
  if (boolean(reader, keys.get('disable')) === true) return { test: ['NONE'] }
  const test = readTest(reader, keys.get('test'))
  const intervalMs = duration(reader, keys.get('interval'))
  const timeoutMs = duration(reader, keys.get('timeout'))
  const startPeriodMs = duration(reader, keys.get('start_period'))
  const startIntervalMs = duration(reader, keys.get('start_interval'))
  const retries = number(reader, keys.get('retries'), { min: 0 })
  return {
    ...(test === undefined ? {} : { test }),
    ...(intervalMs === undefined ? {} : { intervalMs }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(startPeriodMs === undefined ? {} : { startPeriodMs }),
    ...(startIntervalMs === undefined ? {} : { startIntervalMs }),
    ...(retries === undefined ? {} : { retries }),
  }
}

function readTest(reader: Reader, field: Field | undefined): string[] | undefined {
  if (field === undefined) return undefined
  if (!reader.isList(field)) {
    const text = reader.text(field)
    return text === undefined ? undefined : ['CMD-SHELL', text]
  }
  const test = texts(reader, field)
  if (!['CMD', 'CMD-SHELL', 'NONE'].includes(test[0] ?? '')) {
    reader.problem(
      field,
      `a test as a list begins with CMD, CMD-SHELL or NONE, not ${JSON.stringify(test[0] ?? '')}`,
    )
  }
  return test
}
