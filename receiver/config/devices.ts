import type { ContainerSettings, Device, DeviceRequest } from '../core/slots/container-settings.ts'
import type { Field, Reader } from './reader.ts'
import { emptyRecord, keyValues, matching, texts } from './values.ts'

/** Keys that give devices of the host to a container; names and forms are Compose's. */
export const DEVICE_KEYS = ['devices', 'gpus']

const HOW = 'write /dev/dri:/dev/dri:rwm, or a CDI name like vendor.com/gpu=all'
const CDI_NAME = /^[a-z][\w.-]*\/[a-z][\w.-]*=[\w.:-]+$/i

/** `devices` for what has a file below /dev (AMD and Intel GPUs too), `gpus` for NVIDIA's. */
export function readDevices(
  reader: Reader,
  keys: ReadonlyMap<string, Field>,
): Pick<ContainerSettings, 'devices' | 'gpus'> {
  const devices: Device[] = []
  const cdiNames: string[] = []
  for (const item of reader.list(keys.get('devices'))) {
    const text = reader.isMapping(item) ? shortOf(reader, item) : reader.text(item)
    if (text === undefined) continue
    const [, host = '', container = host, permissions = 'rwm'] =
      /^(\/[^:]+)(?::(\/[^:]+))?(?::([rwm]{1,3}))?$/.exec(text) ?? []
    if (CDI_NAME.test(text)) cdiNames.push(text)
    else if (host === '') reader.problem(item, `${JSON.stringify(text)} is not a device`, HOW)
    else devices.push({ host, container, permissions })
  }
  const cdi: DeviceRequest[] =
    cdiNames.length === 0
      ? []
      : [{ driver: 'cdi', count: 0, deviceIds: cdiNames, capabilities: [], options: {} }]
  const gpus = [
    ...readRequests(reader, keys.get('gpus'), { always: ['gpu'] }),
    ...readRequests(reader, keys.get('deploy.resources.reservations.devices'), { always: [] }),
  ]
  return { devices, gpus: [...gpus, ...cdi] }
}

function shortOf(reader: Reader, item: Field): string | undefined {
  const keys = reader.mapping(item, ['source', 'target', 'permissions'])
  const source = reader.text(keys.get('source'))
  if (source === undefined) {
    reader.problem(item, 'source of the device is missing', HOW)
    return undefined
  }
  const target = reader.text(keys.get('target'))
  const permissions = reader.text(keys.get('permissions'))
  return [
    source,
    ...(target === undefined ? [] : [target]),
    ...(permissions === undefined ? [] : [permissions]),
  ].join(':')
}

/** Of `gpus`, `all`; of this and of `deploy.resources.reservations.devices` a list of `{ driver, count, device_ids, capabilities, options }`. */
function readRequests(
  reader: Reader,
  field: Field | undefined,
  { always }: { always: readonly string[] },
): DeviceRequest[] {
  if (field === undefined || reader.isNothing(field)) return []
  return reader.list(field).flatMap((item): DeviceRequest[] => {
    if (!reader.isMapping(item)) {
      const all = matching(
        reader,
        item,
        /^all$/,
        'gpus',
        'write all, or [{ driver: nvidia, count: 1 }]',
      )
      return all === undefined
        ? []
        : [{ driver: '', count: -1, deviceIds: [], capabilities: ['gpu'], options: {} }]
    }
    const keys = reader.mapping(item, ['driver', 'count', 'device_ids', 'capabilities', 'options'])
    const deviceIds = texts(reader, keys.get('device_ids'))
    const count = matching(
      reader,
      keys.get('count'),
      /^(?:all|-1|[1-9]\d{0,3})$/,
      'a count',
      'a number, or all',
    )
    if (count !== undefined && deviceIds.length > 0) {
      reader.problem(item, 'count and device_ids exclude each other', 'write one of both')
    }
    const capabilities = texts(reader, keys.get('capabilities'))
    if (always.length + capabilities.length === 0) {
      reader.problem(item, 'capabilities of the device are missing', 'write capabilities: [gpu]')
    }
    const options = emptyRecord<string>()
    for (const { key, value = '' } of keyValues(reader, keys.get('options'))) options[key] = value
    const otherwise = deviceIds.length > 0 ? 0 : -1
    return [
      {
        driver: reader.text(keys.get('driver')) ?? '',
        count: count === undefined ? otherwise : count === 'all' ? -1 : Number(count),
        deviceIds,
        capabilities: [...new Set([...always, ...capabilities])],
        options,
      },
    ]
  })
}
