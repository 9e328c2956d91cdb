import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Files } from '../support/tiny-image.ts'

const POSTGRES = '/usr/lib/postgresql/15'
const [PSQL, REDIS_CLI] = [`${POSTGRES}/bin/psql`, '/usr/bin/redis-cli']
/** Debian's redis-server is this program under another name. */
const REDIS = '/usr/bin/redis-check-rdb'

/** PostgreSQL as Debian has it, for an image of nothing else. Its data is in `/data`. */
export const postgresFiles = (): Files => {
  const programs = ['postgres', 'initdb', 'psql', 'pg_isready'].map(
    (name) => `${POSTGRES}/bin/${name}`,
  )
  const modules = ['plpgsql.so', 'dict_snowball.so'].map((name) => `${POSTGRES}/lib/${name}`)
  return {
    ...withLibraries([...programs, ...modules]),
    ...folder('/usr/share/postgresql/15'),
    ...SHELL,
    'start.sh': `#!/bin/busybox sh
set -e
if [ ! -e /data/PG_VERSION ]; then
  busybox chown postgres /data
  busybox su postgres -c "initdb -D /data --locale=C -E UTF8 --auth=trust --no-sync"
  echo "host all all all trust" >>/data/pg_hba.conf
fi
exec busybox su postgres -c "exec postgres -D /data -c listen_addresses='*' -c unix_socket_directories='' -c timezone=GMT -c log_timezone=GMT"
`,
  }
}

export const redisFiles = (): Files => {
  const { [REDIS.slice(1)]: server = '', ...others } = withLibraries([REDIS, REDIS_CLI])
  return { ...others, ...SHELL, 'usr/bin/redis-server': server }
}

/** A shop that takes orders by HTTP into a queue, and a worker that writes them down. */
export const shopFiles = (version: string): Files => ({
  ...withLibraries([PSQL, REDIS_CLI]),
  ...SHELL,
  'www/cgi-bin/order': `#!/bin/busybox sh
reply=$(redis-cli -h cache rpush jobs "$QUERY_STRING" 2>&1)
case "$reply" in ''|*[!0-9]*) reply="not taken: $reply" ;; *) reply=taken ;; esac
printf 'Content-Type: text/plain\\r\\n\\r\\n%s\\n' "$reply"
`,
  'worker.sh': `#!/bin/busybox sh
stop=
trap 'stop=1' TERM
r() { redis-cli -h cache "$@"; }
# what the one before had in hand
while [ -n "$(r rpoplpush processing jobs)" ]; do :; done
echo "worker of ${version} runs"
while [ -z "$stop" ]; do
  job=$(r brpoplpush jobs processing 1)
  case "$job" in ''|*[!0-9]*) continue ;; esac
  psql -X -q -h db -U postgres -c "insert into orders values ('$job', '${version}') on conflict do nothing" || exit 1
  r lrem processing 1 "$job" >/dev/null
done
`,
  'migrate.sh': `#!/bin/busybox sh
exec psql -X -q -v ON_ERROR_STOP=1 -h db -U postgres -c "
  create table if not exists orders (id text primary key, version text);
  create table if not exists releases (version text);
  insert into releases values ('${version}')"
`,
})

const SHELL: Files = {
  'bin/sh': readFileSync('/bin/busybox'),
  'usr/bin/busybox': readFileSync('/bin/busybox'),
  'etc/passwd': 'root:x:0:0::/:/bin/sh\npostgres:x:999:999::/data:/bin/sh\n',
  'etc/group': 'root:x:0:\npostgres:x:999:\n',
}

/** Programs at the paths that they have here, with the libraries that they are linked to. */
export function withLibraries(programs: readonly string[]): Record<string, Uint8Array> {
  const paths = new Set(programs)
  for (const program of programs) {
    const linked = execFileSync('ldd', [program], { encoding: 'utf8' })
    for (const [, path] of linked.matchAll(/(?:=> )?(\/\S+) \(0x/g)) paths.add(path ?? '')
  }
  return Object.fromEntries(
    [...paths].map((path) => [path.slice(1), readFileSync(realpathSync(path))]),
  )
}

function folder(path: string): Record<string, Uint8Array> {
  return Object.fromEntries(
    readdirSync(path, { recursive: true, encoding: 'utf8' })
      .map((name) => join(path, name))
      .filter((file) => statSync(file).isFile())
      .map((file) => [file.slice(1), readFileSync(file)]),
  )
}
