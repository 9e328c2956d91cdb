// node test/support/forward.ts PORT HOST: has 127.0.0.1:PORT of where it runs lead to the same port of a host.
import { connect, createServer } from 'node:net'

const [port = '', host = ''] = process.argv.slice(2)
createServer({ allowHalfOpen: true }, (near) => {
  const far = connect({ port: Number(port), host, allowHalfOpen: true })
  near.pipe(far).pipe(near)
  near.on('error', () => far.destroy())
  far.on('error', () => near.destroy())
}).listen(Number(port), '127.0.0.1')
