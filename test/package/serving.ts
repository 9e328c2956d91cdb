import { readFileSync } from 'node:fs'
import type { Vm } from '../support/vm.ts'

/** What a receiver has used when it is ready. What it reads is its own pages; those of files are shared. */
export async function serving(
  vm: Vm,
  program: string,
): Promise<{ cpuMs: number; megabytes: number }> {
  vm.within = ['/bin/sh', '-c', `shift; exec ${program} "$@"`, 'sh']
  const receiver = await vm.start()
  const of = (file: string) => readFileSync(`/proc/${receiver.pid}/${file}`, 'utf8')
  const [user = 0, system = 0] =
    of('stat').split(') ')[1]?.split(' ').slice(11, 13).map(Number) ?? []
  const megabytes = Number(/^RssAnon:\s+(\d+)/m.exec(of('status'))?.[1]) / 1000
  await receiver.stop()
  return { cpuMs: (user + system) * 10, megabytes: Math.round(megabytes) }
}
