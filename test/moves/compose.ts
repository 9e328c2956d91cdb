import { join } from 'node:path'
import { appFiles, databaseFiles, PROXY_COMMAND, proxyFiles } from './images.ts'
import {
  block,
  blocksBelow,
  docker,
  push,
  put,
  putConfig,
  type,
  untilCertified,
  WORK,
} from './machine.ts'
import type { Move } from './move.ts'
import { startVisitors } from './visitors.ts'
import { readFileSync } from 'node:fs'
import { fencedOf } from '../docs/fenced.ts'

const DOMAIN = 'shop.example.com'
const PAGE = fencedOf(readFileSync(new URL('../../docs/compose.md', import.meta.url), 'utf8'))
const MOVING = blocksBelow('compose.md', 'Moving a project that runs')
const CONFIG = block(PAGE, 'url: ')
const PROJECT = block(PAGE, 'x-app: ')
const UNKNOWN = [
  'domains: [shop.example.com]',
  'domains: [moving.example.com]\n    tls: false',
] as const

async function start(file: string): Promise<void> {
  // the name that the page's database has
  await docker(
    'tag',
    await push('database', '1', {
      files: databaseFiles,
      config: { Env: ['ROWS=/var/lib/postgresql/data'] },
    }),
    'postgres:16',
  )
  await pushShop('one')
  await type('mkdir -p /srv/shop')
  put('/srv/shop/compose.yaml', file)
  await type(`cd /srv/shop && docker compose up -d --wait web worker db
docker compose exec -T db /bin/busybox sh -c 'echo a row of before >/var/lib/postgresql/data/rows'`)
}

const pushShop = (version: string) => push('shop', version, { files: appFiles })

const rest: Pick<Move, 'after' | 'orders' | 'kept'> = {
  async after() {
    // step 5
    await type(block(MOVING, 'deploy-receiver compose shop -- up'))
    // step 6
    await pushShop('two')
    await type('deploy-receiver deploy shop')
  },
  orders: () => docker('exec', 'shop-db-1', '/bin/busybox', 'cat', '/var/lib/postgresql/data/rows'),
  // of Compose, of the first deployment and of the push
  kept: async () => {
    const said = await type(
      'docker run --rm -v shop_uploads:/from $(docker compose -f /srv/shop/compose.yaml images -q db | head -n 1) /bin/busybox cat /from/migrations',
    )
    return said.trim().split('\n').length >= 3
  },
}

/** docs/compose.md, "Moving a project that runs", behind the machine's own Nginx. */
export const compose: Move = {
  ...rest,
  async before() {
    await start(PROJECT)
    const { authority, files } = proxyFiles(DOMAIN, '')
    put('/etc/ssl/old.pem', String(files['fullchain.pem']))
    put('/etc/ssl/old.key', String(files['privkey.pem']))
    put(
      '/etc/nginx/sites-available/shop',
      `server {
  listen 80; listen 443 ssl; server_name ${DOMAIN};
  ssl_certificate /etc/ssl/old.pem; ssl_certificate_key /etc/ssl/old.key;
  location / { proxy_pass http://127.0.0.1:3000; proxy_set_header Host $host; }
}
`,
    )
    await type(`ln -s ../sites-available/shop /etc/nginx/sites-enabled/
rm /etc/nginx/sites-enabled/default
nginx -t && systemctl reload nginx`)
    return startVisitors({
      domain: DOMAIN,
      authorities: [authority, join(WORK, 'authorities.pem')],
    })
  },
  async move() {
    // step 2
    putConfig(CONFIG, [UNKNOWN])
    await type('deploy-receiver check; systemctl restart deploy-receiver')
    await type(block(MOVING, 'deploy-receiver check'))
    // step 3
    await type(block(MOVING, 'deploy-receiver deploy shop'))
    // step 4, and what it refers to
    putConfig(CONFIG)
    await type('deploy-receiver reload')
    await untilCertified('shop')
    await type(
      'rm /etc/nginx/sites-enabled/shop; nginx -t && systemctl reload nginx; deploy-receiver reload',
    )
    const said = await type('deploy-receiver doctor || true')
    if (!/^ok +site of shop +Nginx serves it at https:/m.test(said)) throw new Error(said)
  },
}

/** The same where a proxy of the project has ports 80 and 443. */
export const composeProxy: Move = {
  ...rest,
  mayRefuse: true,
  async before() {
    const proxy = proxyFiles(DOMAIN, 'web:8000')
    const image = await push('proxy', '1', { files: proxy.files, config: { Cmd: PROXY_COMMAND } })
    await type('systemctl stop nginx')
    await start(
      PROJECT.replace(
        '\nvolumes:\n',
        `\n  proxy: { image: '${image}', ports: ['80:80', '443:443'], depends_on: [web] }\nvolumes:\n`,
      ),
    )
    await type('cd /srv/shop && docker compose up -d')
    return startVisitors({
      domain: DOMAIN,
      authorities: [proxy.authority, join(WORK, 'authorities.pem')],
    })
  },
  async move() {
    await type(
      `sed -i 's/\\b80\\b/8080/' /etc/nginx/sites-enabled/default; systemctl restart nginx`,
    )
    const elsewhere = ['tls: { email: ops@example.com }\n', 'nginx: { listen: [8080] }\n'] as const
    putConfig(CONFIG, [elsewhere, ['domains: [shop.example.com]', 'domains: [moving.example.com]']])
    await type('deploy-receiver check; systemctl restart deploy-receiver')
    await type(block(MOVING, 'deploy-receiver check'))
    await type(
      block(MOVING, 'deploy-receiver deploy shop').replace('127.0.0.1/', '127.0.0.1:8080/'),
    )
    putConfig(CONFIG)
    await type('deploy-receiver check')
    await type(`cd /srv/shop; ${block(MOVING, 'docker compose stop proxy')}`)
    await untilCertified('shop')
    // what the page says of it afterwards
    await type('cd /srv/shop; docker compose rm -f proxy')
    put('/srv/shop/compose.yaml', PROJECT)
  },
}
