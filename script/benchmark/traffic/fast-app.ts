import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { librariesOf } from '../../../test/support/images.ts'
import type { Files, ImageConfig } from '../../../test/support/tiny-image.ts'

/** What the app answers, by path. */
export const ANSWERS = { '1 KB': '/1k', '1 MB': '/1m' } as const
const BYTES = { '1k': 1000, '1m': 1_000_000 }

const CONF = `user root;
worker_processes 2;
daemon off;
pid /nginx.pid;
error_log stderr;
events { worker_connections 1024; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
  open_file_cache max=16;
${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `  ${name}_temp_path /${name};`).join('\n')}
  server {
    listen 8000;
    root /www;
  }
}
`

/** An app as fast as any: this machine's Nginx on files that lie in memory. */
export async function fastApp(): Promise<{ files: Files; config: ImageConfig }> {
  const program = execFileSync('sh', ['-c', 'command -v nginx'], { encoding: 'utf8' }).trim()
  const programs = [program, ...(await librariesOf(program))]
  return {
    files: {
      ...Object.fromEntries(programs.map((path) => [path.slice(1), readFileSync(path)])),
      ...Object.fromEntries(
        Object.entries(BYTES).map(([name, bytes]) => [`www/${name}`, Buffer.alloc(bytes, 'x')]),
      ),
      'etc/passwd': 'root:x:0:0::/:/bin/busybox\n',
      'etc/group': 'root:x:0:\n',
      'etc/nginx.conf': CONF,
    },
    config: { Cmd: [program, '-e', 'stderr', '-c', '/etc/nginx.conf'] },
  }
}
