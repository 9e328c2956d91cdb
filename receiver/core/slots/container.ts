export type Slot = 'blue' | 'green'
export const otherSlot = (slot: Slot): Slot => (slot === 'blue' ? 'green' : 'blue')

/** A container of ours, as the engine shows it. */
export interface Container {
  id: string
  name: string
  app: string
  /** The generation of the deployment that made it. */
  generation: number
  slot: Slot
  /** Its number among those of its slot, from 1. */
  replica: number
  digest: string
  /** Address and port that Nginx sends requests to. */
  address: string
  port: number
  /** It runs and can be reached: neither paused nor taken off its network. */
  running: boolean
  /** Someone took it off a further network that it was made with. */
  cutOff?: boolean
  exitCode: number
  /** When it ended with 0 (ISO 8601, UTC), if its restart policy wants no more of it then: `no` and `on-failure`. */
  doneAt?: string
  oomKilled: boolean
  /** How often the engine restarted it. */
  restarts: number
  /** Process id on the host; 0 when it does not run. */
  pid: number
  /**
   * Docker's names of the volumes that it has without one of ours, by path. Only of a container that an older version made:
   * all others have what is kept by name.
   */
  anonymous: Readonly<Record<string, string>>
  /** State and last output of its HEALTHCHECK, if it has one. */
  health?: { status: 'starting' | 'healthy' | 'unhealthy'; output: string }
}

/** Where the data that a replica of an app has in a VOLUME of its image outlives the containers. */
export interface KeptVolume {
  /** Where it is mounted. */
  path: string
  replica: number
  /** The volume's name. */
  volume: string
}
