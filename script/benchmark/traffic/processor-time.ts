import { readFileSync } from 'node:fs'

/** USER_HZ, which Linux counts processor time in. */
const TICKS_A_SECOND = 100

/** Seconds that the children of a process have worked, in user and system: Nginx's workers. */
export const processorTime = (master: number): number =>
  readFileSync(`/proc/${master}/task/${master}/children`, 'utf8')
    .trim()
    .split(' ')
    .reduce((sum, pid) => {
      // behind the name, which may have blanks
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
      return sum + Number(fields[11]) + Number(fields[12])
    }, 0) / TICKS_A_SECOND
