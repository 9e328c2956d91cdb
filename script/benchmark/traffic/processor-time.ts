import { readFileSync } from 'node:fs'
import { processorTimeOf } from '../processes.ts'

/** Seconds that the children of a process have worked, in user and system: Nginx's workers. */
export const processorTime = (master: number): number =>
  readFileSync(`/proc/${master}/task/${master}/children`, 'utf8')
    .trim()
    .split(' ')
    .reduce((sum, pid) => sum + processorTimeOf(Number(pid)), 0) / 1000
