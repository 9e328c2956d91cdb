import { createWatchdog } from '../../../receiver/serve/watchdog.ts'

// a program with a watchdog, that stands still when it is told to, and answers whatever else it is told
const [lookMs, reportMs, endMs] = process.argv.slice(2).map(Number) as [number, number, number]
const watchdog = createWatchdog({ log: () => {}, lookMs, reportMs, endMs })
watchdog.start()
watchdog.begin('step pull of api (dep_1)')
const answered = watchdog.begin('request GET /healthz')
answered()
watchdog.begin(`request POST /hooks/${'x'.repeat(1000)}\n`)
process.stdin.on('data', (told) => {
  if (String(told).includes('stand still')) for (;;);
  process.stdout.write('here\n')
})
process.stdout.write('here\n')
