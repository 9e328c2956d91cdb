/** What a container sees around itself: its names, its kernel namespaces, its terminal. */
export interface ContainerWorld {
  hostname?: string
  domainname?: string
  /** A terminal for its process, which makes one stream of output and errors. */
  tty?: boolean
  stdinOpen?: boolean
  pid?: 'host'
  ipc?: 'none' | 'private' | 'shareable' | 'host'
  uts?: 'host'
  users?: 'host'
  cgroup?: 'host' | 'private'
  cgroupParent?: string
  /** Of those that the engine knows, like `runc` or `nvidia`. */
  runtime?: string
  dnsSearch?: readonly string[]
  dnsOptions?: readonly string[]
  annotations?: Readonly<Record<string, string>>
  storageOptions?: Readonly<Record<string, string>>
  /** `c 1:3 mr`. */
  deviceCgroupRules?: readonly string[]
}
