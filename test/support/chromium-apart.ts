import { execFileSync, spawn } from 'node:child_process'
import { connect, createServer } from 'node:net'

/** In a network of its own: has a port there lead to a socket, and runs a program until it ends. */
const [socket = '', port = '', program = '', ...args] = process.argv.slice(2)
execFileSync('ip', ['link', 'set', 'lo', 'up'])
const way = createServer((from) => {
  const to = connect(socket)
  for (const each of [from, to]) each.on('error', () => [from, to].map((end) => end.destroy()))
  from.pipe(to).pipe(from)
})
way.listen(Number(port), '127.0.0.1', () => {
  // by the last two it is told what to do
  const stdio = ['inherit', 'inherit', 'inherit', 'inherit', 'inherit'] as const
  spawn(program, args, { stdio: [...stdio] }).once('exit', (code) => process.exit(code ?? 1))
})
