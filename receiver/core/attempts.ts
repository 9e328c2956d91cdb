import { DeployError } from './errors.ts'
import type { Journal, StoredDeployment } from './journal.ts'
import type { Turns } from './turns.ts'

/** What has ended the receiver so often, one time after the other, is not begun again. */
const MOST_ATTEMPTS = 3

type Attempts = Pick<Journal, 'attempts' | 'setAttempts'>

/**
 * Does a step, which `begin` has counted as begun: the count stays when the receiver dies in it, and goes back to what it was
 * when the step fails or the receiver stops in an orderly way. Who records the end of the step sets it to none. Throws
 * `receiver_died`, without a beginning, after too many times.
 */
export async function attempt<T>(
  { deployment: { id } }: StoredDeployment,
  step: string,
  {
    journal,
    turns,
    signal,
    begin,
    work,
  }: {
    journal: Attempts
    turns: Turns
    signal: AbortSignal
    /** Keeps this count. */
    begin: (attempts: number) => void
    work: () => Promise<T>
  },
): Promise<T> {
  const before = journal.attempts(id, step)
  if (before >= MOST_ATTEMPTS) throw endsReceiver(step)
  // of all steps in which it died, of all apps: only the one that ends it comes to be counted thrice, not those beside it
  const done = before === 0 ? () => {} : await turns.take(signal)
  const forget = () => {
    try {
      journal.setAttempts(id, step, before)
    } catch {
      // nothing can be written: at worst one attempt too many is counted
    }
  }
  // at once: a stop that takes too long ends in a kill
  signal.addEventListener('abort', forget, { once: true })
  try {
    begin(before + 1)
    return await work()
  } catch (error) {
    forget()
    throw error
  } finally {
    signal.removeEventListener('abort', forget)
    done()
  }
}

const endsReceiver = (step: string): DeployError =>
  new DeployError(
    'receiver_died',
    `the receiver died ${MOST_ATTEMPTS} times in a row in the step ${step}`,
    {
      hint: "journalctl -u deploy-receiver and the kernel's log (dmesg) say what ended it, too little memory for one; then deploy again",
    },
  )
