import { parentPort, workerData } from 'node:worker_threads'
import { growthOf } from './growth.ts'

const regexes = workerData as readonly { source: string; flags: string }[]
parentPort?.postMessage(regexes.map(growthOf), [])
