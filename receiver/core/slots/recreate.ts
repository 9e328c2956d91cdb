import type { DockerApp } from '../app.ts'
import type { SlotRecord } from './ports.ts'

/** Whether an app's versions run one after the other: by its config, else by what its newest release keeps. */
export const isRecreated = (
  { name, strategy }: Pick<DockerApp, 'name' | 'strategy'>,
  record: Pick<SlotRecord, 'isRecreated'>,
): boolean => (strategy === undefined ? record.isRecreated(name) : strategy === 'recreate')
