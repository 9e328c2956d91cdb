import { setTimeout as pause } from 'node:timers/promises'
import { statusOf } from './errors.ts'

const PAUSES_MS = [100, 300, 900]

/**
 * Asks the engine something that changes nothing, and again a few times when it fails in itself or the connection breaks:
 * one bad moment of the engine must not decide over a deployment.
 */
export async function retryReads<T>(look: () => Promise<T>): Promise<T> {
  for (const ms of PAUSES_MS) {
    try {
      return await look()
    } catch (error) {
      // 4xx is an answer
      if ((statusOf(error) ?? 500) < 500) throw error
      await pause(ms)
    }
  }
  return look()
}
