import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { withLibraries } from '../compose/images.ts'
import { makePair } from '../support/certificates.ts'
import type { Files } from '../support/tiny-image.ts'
import { WORK } from './machine.ts'

const cgi = (lines: string) => `#!/bin/busybox sh
${lines}
printf 'Content-Type: text/plain\\r\\n\\r\\n%s\\n' "$reply"
`

/** An app that has its orders in the database at `DATABASE_HOST`, or in `DATABASE_URL`, and writes them to its own volume, too. */
export const appFiles: Files = {
  ...withLibraries(['/usr/bin/curl']),
  'www/up': 'ok\n',
  'www/cgi-bin/order': cgi(`
host=\${DATABASE_HOST:-}
[ -n "$host" ] || { host=\${DATABASE_URL##*@}; host=\${host%%/*}; }
reply=$(curl -sS -m 20 "http://$host:8000/cgi-bin/insert?$QUERY_STRING" 2>&1)
for volume in /rails/storage /uploads; do [ ! -d $volume ] || echo "$QUERY_STRING" >>$volume/orders; done`),
  'bin/sh': readFileSync('/bin/busybox'),
  'bin/rails': '#!/bin/busybox sh\necho "prepared: $*"\n',
  'bin/jobs': '#!/bin/busybox sh\nexec busybox sleep 1000\n',
  'bin/shop': `#!/bin/busybox sh
case $1 in
work) exec busybox sleep 1000 ;;
migrate) echo migrated >>/uploads/migrations ;;
esac
`,
}

/** A database as far as this test wants one: it keeps rows in the folder `ROWS`, and says so. */
export const databaseFiles: Files = {
  'www/cgi-bin/insert': cgi('echo "$QUERY_STRING" >>$ROWS/rows && reply=taken'),
  'bin/pg_isready': '#!/bin/busybox sh\n',
  'bin/sh': readFileSync('/bin/busybox'),
}

/** A proxy in a container, with a certificate for the name. */
export function proxyFiles(domain: string, upstream: string): { files: Files; authority: string } {
  const pair = makePair(join(WORK, 'proxy'), [domain])
  const conf = `
daemon off; user root; pid /tmp/pid; error_log /dev/stderr;
events { }
http {
  access_log off;
  client_body_temp_path /tmp/body; proxy_temp_path /tmp/proxy; fastcgi_temp_path /tmp/f; uwsgi_temp_path /tmp/u; scgi_temp_path /tmp/s;
  resolver 127.0.0.11 valid=1s;
  server {
    listen 80; listen 443 ssl;
    server_name ${domain};
    ssl_certificate /fullchain.pem; ssl_certificate_key /privkey.pem;
    location / { include /upstream.conf; proxy_pass http://$app; proxy_set_header Host $host; }
  }
}
`
  const files = {
    ...withLibraries(['/usr/sbin/nginx']),
    'nginx.conf': conf,
    'upstream.conf': `set $app ${upstream};\n`,
    'fullchain.pem': readFileSync(pair.certificate),
    'privkey.pem': readFileSync(pair.key),
    'etc/passwd': 'root:x:0:0::/:/bin/sh\nnobody:x:99:99::/:/bin/sh\n',
    'etc/group': 'root:x:0:\nnogroup:x:99:\n',
    'tmp/.keep': '',
    'var/log/nginx/.keep': '',
  }
  return { files, authority: pair.certificate }
}

export const PROXY_COMMAND = ['/usr/sbin/nginx', '-e', '/dev/stderr', '-c', '/nginx.conf']
