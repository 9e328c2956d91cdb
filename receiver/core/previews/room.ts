/** What a preview has for itself of `network.previews`: two for its slots, and some for commands beside them. A power of two. */
export const ADDRESSES_OF_ONE = 8

/** How many previews have room in a subnet, like `10.213.16.0/20`. */
export const roomIn = (subnet: string): number =>
  2 ** (32 - Number(subnet.slice(subnet.indexOf('/') + 1))) / ADDRESSES_OF_ONE
