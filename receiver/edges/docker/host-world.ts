import type { ContainerCreateOptions, HostConfig } from 'dockerode'
import type { ContainerWorld } from '../../core/slots/container-world.ts'

/** What a container says of itself and its terminal. A release command has none of that: its output is read line by line. */
export const ownWorld = (world: ContainerWorld): ContainerCreateOptions => ({
  Hostname: world.hostname,
  Domainname: world.domainname,
  Tty: world.tty,
  OpenStdin: world.stdinOpen,
})

/** What a container sees of its host, as Docker's API wants it; what is not said is left to Docker. */
export function hostWorld(world: ContainerWorld): HostConfig {
  const { dnsSearch, dnsOptions, deviceCgroupRules } = world
  // of newer engines than the library's types
  const newer = { CgroupnsMode: world.cgroup, Annotations: world.annotations }
  return {
    PidMode: world.pid,
    IpcMode: world.ipc,
    UTSMode: world.uts,
    UsernsMode: world.users,
    CgroupParent: world.cgroupParent,
    Runtime: world.runtime,
    ...(dnsSearch === undefined ? {} : { DnsSearch: [...dnsSearch] }),
    ...(dnsOptions === undefined ? {} : { DnsOptions: [...dnsOptions] }),
    ...(deviceCgroupRules === undefined ? {} : { DeviceCgroupRules: [...deviceCgroupRules] }),
    ...(world.storageOptions === undefined ? {} : { StorageOpt: { ...world.storageOptions } }),
    ...newer,
  }
}
