import { networkInterfaces } from 'node:os'

/** Of this machine to the world, and not to its own containers. What begins with fe80 is good for nothing without its zone. */
export const ownAddresses = (): string[] =>
  Object.entries(networkInterfaces()).flatMap(([name, all = []]) =>
    BRIDGE.test(name)
      ? []
      : all.flatMap(({ internal, address }) =>
          internal || address.startsWith('fe80:') ? [] : [address],
        ),
  )

const BRIDGE = /^(?:docker|br-|veth|cni|podman|virbr|lxc)/
