import { join } from 'node:path'
import { appFiles, databaseFiles, PROXY_COMMAND, proxyFiles } from './images.ts'
import {
  block,
  blocksBelow,
  docker,
  push,
  put,
  putConfig,
  TXT_BY_HAND,
  type,
  WORK,
} from './machine.ts'
import type { Move } from './move.ts'
import { startVisitors } from './visitors.ts'

const DOMAIN = 'api.example.com'
const KAMAL = blocksBelow('moving.md', 'From Kamal')
const PORTS = blocksBelow('moving.md', 'When a container has port 80')
const CERTIFICATE = blocksBelow('moving.md', 'A certificate before DNS leads here')

/** docs/moving.md, "From Kamal", and the two parts that it leads to. */
export const kamal: Move = {
  mayRefuse: true,
  async before() {
    const database = await push('database', '1', { files: databaseFiles })
    const app = await pushApp('one')
    const proxy = proxyFiles(DOMAIN, 'api-web-abc:3000')
    const image = await push('proxy', '1', {
      files: proxy.files,
      config: { Cmd: PROXY_COMMAND },
    })
    // as Kamal names, labels and joins them
    await type(`systemctl stop nginx
docker network create kamal
docker run -d --name shop-db --restart unless-stopped --network kamal --label service=shop-db -e ROWS=/rows -v shop-rows:/rows ${database}
docker run -d --name api-web-abc --restart unless-stopped --network kamal --label service=api --label role=web \
  -e DATABASE_HOST=shop-db -v shop-storage:/rails/storage ${app}
docker run -d --name api-job-abc --restart unless-stopped --network kamal --label service=api --label role=job ${app} bin/jobs
docker run -d --name kamal-proxy --restart unless-stopped --network kamal -p 80:80 -p 443:443 ${image}
docker exec shop-db /bin/busybox sh -c 'echo a row of before >/rows/rows'
docker exec api-web-abc /bin/busybox sh -c 'echo a file of before >/rails/storage/orders'`)
    return startVisitors({
      domain: DOMAIN,
      authorities: [proxy.authority, join(WORK, 'authorities.pem')],
    })
  },

  async move() {
    put('/etc/deploy-receiver/env', ENV)
    put('/root/txt', TXT_BY_HAND, 0o700)
    // step 1: Nginx beside the container
    await type(
      `sed -i 's/\\b80\\b/8080/' /etc/nginx/sites-enabled/default; systemctl restart nginx`,
    )
    const config = block(
      KAMAL.filter(({ language }) => language === 'yaml'),
      'url:',
    )
    putConfig(config)
    await type('deploy-receiver check; systemctl restart deploy-receiver')
    // step 2
    await type('deploy-receiver deploy api')
    await type('docker stop api-job-abc; deploy-receiver deploy jobs')
    await type(`curl -fsS -H 'Host: ${DOMAIN}' http://127.0.0.1:8080/`)
    // step 3
    await type(block(CERTIFICATE, 'certbot certonly'))
    // step 4
    putConfig(config, [['nginx: { listen: [8080] }', 'tls: { email: ops@example.com }']])
    await type('deploy-receiver check')
    await type(block(PORTS, 'docker stop --time'))
    // step 5; it says what else is amiss, too
    const said = await type('deploy-receiver doctor || true')
    if (!/^ok +site of api +Nginx serves it at https:/m.test(said)) throw new Error(said)
  },

  async after() {
    await pushApp('two')
    await type('deploy-receiver deploy api')
    // "kamal app stop", and what the page says of the proxy
    await type(`docker ps -q --filter label=service=api --filter label=role | xargs -r docker stop
docker rm kamal-proxy`)
  },

  orders: () => docker('exec', 'shop-db', '/bin/busybox', 'cat', '/rows/rows'),
  kept: async () => {
    const files = await type(
      `docker run --rm -v shop-storage:/from ${await pushApp('two')} /bin/busybox cat /from/orders`,
    )
    return files.startsWith('a file of before\n')
  },
}

const pushApp = (version: string) =>
  push('api', version, {
    files: appFiles,
    config: { Cmd: ['/bin/busybox', 'httpd', '-f', '-p', '3000', '-h', '/www'] },
  })

const ENV = 'REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt\nGHCR_TOKEN=any\n'
