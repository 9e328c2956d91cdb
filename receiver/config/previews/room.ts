import { roomIn } from '../../core/previews/room.ts'
import type { Config } from '../config.ts'
import type { Field, Reader } from '../reader.ts'

/** Warns where the previews that all apps may have do not fit their network: the last ones would be refused. */
export function warnOfRoom(
  reader: Reader,
  field: Field | undefined,
  { apps, network }: Pick<Config, 'apps' | 'network'>,
): void {
  // without a word it is as large as that of the slots
  const subnet = network.previews ?? network.subnet
  const room = roomIn(subnet)
  const all = Object.values(apps).flatMap(({ name, previews }) =>
    previews === undefined ? [] : [{ name, max: previews.max }],
  )
  const most = all.reduce((sum, { max }) => sum + max, 0)
  if (most <= room) return
  const bits = smallest(most)
  const each = all.map(({ name, max }) => `${name} ${max}`).join(', ')
  reader.warning(
    field ?? reader.root,
    `previews.max lets ${most} previews stand (${each}), and their network, a /${subnet.split('/')[1]}, has room for ${room}: further ones are refused`,
    bits === undefined
      ? 'write smaller numbers: the largest network, a /16, has no room for so many either'
      : `write network: { previews: … } with a network of /${bits}, or smaller numbers`,
  )
}

/** Length of the prefix of a network that has room for so many, as far as the config takes one. */
const smallest = (previews: number): number | undefined =>
  SIZES.find((bits) => roomIn(`/${bits}`) >= previews)
const SIZES = Array.from({ length: 28 - 16 + 1 }, (_, nth) => 28 - nth)
