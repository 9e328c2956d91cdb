import { DeployError } from '../errors.ts'
import type { SlotPorts } from './ports.ts'

/**
 * Refuses to run what was restored and has data that the backup had not, until somebody says that it is there: a container
 * would make it anew, empty. Throws `awaits_data`.
 */
export function refuseWithoutData(app: string, { record }: Pick<SlotPorts, 'record'>): void {
  const stopped = record.stopped(app)
  if (stopped === undefined || stopped.isStarting || stopped.awaits.length === 0) return
  throw new DeployError(
    'awaits_data',
    `${app} was restored without its data, and waits for it: ${stopped.awaits.join(', ')}`,
    { hint: `bring it there, then deploy-receiver start ${app}` },
  )
}

/** Throws `awaits_data` when not all of it is there by now. */
export async function lookForData(
  app: string,
  {
    record,
    engine,
    isThere,
  }: Pick<SlotPorts, 'record'> & {
    engine: Pick<SlotPorts['engine'], 'missingVolumes'>
    /** Of a folder of this machine. */
    isThere(path: string): boolean
  },
): Promise<void> {
  const awaits = record.stopped(app)?.awaits ?? []
  const missing = await missingData(awaits, { engine, isThere })
  if (missing.length === 0) return
  throw new DeployError('awaits_data', `the data of ${app} is not there: ${missing.join(', ')}`, {
    hint: `bring it there first; deploy-receiver start ${app} --without-data begins with none`,
  })
}

/** Those of these volumes and folders that are not on this machine. */
export async function missingData(
  data: readonly string[],
  {
    engine,
    isThere,
  }: {
    engine: Pick<SlotPorts['engine'], 'missingVolumes'>
    isThere(path: string): boolean
  },
): Promise<string[]> {
  const isFolder = (each: string) => each.startsWith('/')
  const volumes = await engine.missingVolumes(data.filter((each) => !isFolder(each)))
  return [...volumes, ...data.filter((each) => isFolder(each) && !isThere(each))]
}
