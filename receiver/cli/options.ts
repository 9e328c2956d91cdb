/** What was given on the command line. */
export interface Options {
  config: string
  json: boolean
  limit: string
  /** Of a check: the registries too. */
  registries: boolean
  /** Of a check: what is unwise fails it. */
  strict: boolean
  /** Of a rollback: not those that the release had. */
  currentSettings: boolean
  releaseSettings: boolean
  /** Of an adoption: `APP=blue` or `APP=green`, the slot that is live. */
  slot: readonly string[]
  /** Of a reload: Nginx files that somebody edited too. */
  overwrite: boolean
  /** Of a removal: the data too. */
  volumes: boolean
  /** What stands after the command. */
  rest: readonly string[]
}
