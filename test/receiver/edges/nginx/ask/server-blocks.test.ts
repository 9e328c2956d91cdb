import { expect, test } from 'vitest'
import { doorsOf } from '../../../../../receiver/edges/nginx/ask/doors.ts'
import { serverBlocks } from '../../../../../receiver/edges/nginx/ask/server-blocks.ts'

const SERVED = '/.well-known/deploy-receiver/served/'

test('server blocks are found wherever they are included from, with what they include', () => {
  const blocks = serverBlocks(`nginx: the configuration file /etc/nginx/nginx.conf syntax is ok
# configuration file /etc/nginx/nginx.conf:
user www-data; # a brace {
http {
  log_format main '$remote_addr "$request" { $status; }';
  include sites/*.conf;
  upstream api { server 10.0.0.1:80; }
  server { return 404; }
}
stream { server { listen 53 udp; } }

# configuration file /etc/nginx/sites/a.conf:
server {
  listen 80; listen [::]:443 ssl;
  server_name A.test "~^(?<x>[a-z]{2})\\.test$" b.test;
  set $x "\${scheme}://$host";
  location ~ ^/x{2}/ { return 200 "}"; if (-f /never) { return 503; } }
  location @named { include snippets/api.proxy; }
  location ^~ /api/ { include snippets/api.proxy; location /api/in/ { if (!-f /in) { return 503; } } }
  include snippets/api.slot;
  include sites/a.conf;
}
server { listen 81; server_name c.test; location / { proxy_pass http://\${y}/; } }

# configuration file /etc/nginx/snippets/api.slot:
location = ${SERVED}0123 { return 200 api; }
location = /favicon.ico { return 204; }
# configuration file /etc/nginx/snippets/api.proxy:
if (-f /data/down) { return 503; }
if ($uri = /x) { return 503; }
# configuration file /etc/nginx/other/never.conf:
server { listen 82; }
`)
  expect(blocks).toEqual([
    {
      file: '/etc/nginx/sites/a.conf',
      listens: ['80', '[::]:443 ssl'],
      names: ['a.test', '~^(?<x>[a-z]{2})\\.test$', 'b.test'],
      served: new Set([`${SERVED}0123`]),
      looksAt: [
        { path: '/api/', file: '/data/down' },
        { path: '/api/in/', file: '/in' },
      ],
    },
    {
      file: '/etc/nginx/sites/a.conf',
      listens: ['81'],
      names: ['c.test'],
      served: new Set(),
      looksAt: [],
    },
    {
      file: '/etc/nginx/nginx.conf',
      listens: ['80'],
      names: [],
      served: new Set(),
      looksAt: [],
    },
  ])
})

test('a dump that came through a terminal is read as any other', () => {
  const dump = '# configuration file /a:\nhttp { server {\n listen 81;\n } }\n'
  expect(serverBlocks(dump.replaceAll('\n', '\r\n'))).toEqual(serverBlocks(dump))
  expect(serverBlocks(dump)).toHaveLength(1)
})

test('a text without files says nothing of server blocks, and one that is no config has none', () => {
  expect(serverBlocks('')).toBeUndefined()
  expect(serverBlocks('server { }')).toBeUndefined()
  expect(serverBlocks('# configuration file /a:\n} ; { "\n')).toEqual([])
})

const OWN = ['203.0.113.5', '2001:db8::5']
test.for<[string, string[], object]>([
  ['80', ['127.0.0.1', '203.0.113.5'], { port: 80, tls: false }],
  ['*:8080 default_server', ['127.0.0.1', '203.0.113.5'], { port: 8080 }],
  ['[::]:443 ssl http2', ['::1', '2001:db8::5'], { port: 443, tls: true }],
  ['[::1]', ['::1'], { port: 80 }],
  ['192.0.2.1', ['192.0.2.1'], { port: 80 }],
  ['127.0.0.1:81 proxy_protocol', ['127.0.0.1'], { port: 81, hasPreamble: true }],
  ['unix:/run/x.sock', ['/run/x.sock'], { port: 0 }],
  ['localhost:82', ['127.0.0.1'], { port: 82 }],
  ['name.example:80', [], {}],
  ['443 quic reuseport', [], {}],
])('listen %s is met from this machine at %j', ([listen, at, kind]) => {
  const doors = doorsOf(listen, OWN)
  expect(doors).toMatchObject(at.map((each) => ({ at: each, ...kind })))
  expect(doors).toHaveLength(at.length)
})

test('an include without * ? or [ is the name of one file, as Nginx takes it', () => {
  const blocks = serverBlocks(`# configuration file /etc/nginx/nginx.conf:
http { include "{a,b}.conf"; include [cd].conf; }
# configuration file /etc/nginx/a.conf:
server { server_name a.test; }
# configuration file /etc/nginx/{a,b}.conf:
server { server_name braces.test; }
# configuration file /etc/nginx/c.conf:
server { server_name c.test; }
`)
  expect(blocks?.flatMap(({ names }) => names)).toStrictEqual(['braces.test', 'c.test'])
})
