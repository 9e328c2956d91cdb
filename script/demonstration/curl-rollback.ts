import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ask, versionOf } from '../../test/support/ask.ts'
import { expect, type Outcome } from './output.ts'
import type { Scene } from './scene.ts'

const run = promisify(execFile)

/** Back to the first version's digest, with nothing but a shell, openssl and curl. */
export async function curlRollback(scene: Scene): Promise<Outcome> {
  const { stack, digests, key } = scene
  const digest = digests.get('1') ?? ''
  const commands = rollbackCommands({ digest, keyFile: key.file, hook: `${stack.url}/hooks/hello` })
  const dir = stack.workspace.folder('curl')
  // not for pasting: the demo sends this very request once more later on
  const keepForReplay = `printf '%s\\n' "$id" "$time" "$signature" "$body" > sent`
  const { stdout } = await run('sh', ['-euc', [...commands, keepForReplay].join('\n')], {
    cwd: dir,
  })
  const [answer = '', status] = stdout.trimEnd().split(/\n(?=\d+$)/)
  expect(status === '200', `curl got ${status}, not 200: ${answer}`)
  const reply = await ask(stack.hello)
  expect(versionOf(reply) === '1', `Nginx answers ${reply.status} ${reply.body}, not version 1`)
  const [id = '', time = '', signature = '', body = ''] = readFileSync(
    join(dir, 'sent'),
    'utf8',
  ).split('\n')
  scene.curlRequest = {
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': time,
      'webhook-signature': `v1a,${signature}`,
    },
    body,
  }
  return {
    line: `answered 200, and version 1 is back: ${digest}`,
    blocks: [{ title: 'the commands', lines: commands }],
    figures: [['digest', `${digest.slice(0, 19)}…`]],
  }
}

/** As a user would paste them. The key stays in its file: on a command line every user of the machine could read it. */
const rollbackCommands = ({
  digest,
  keyFile,
  hook,
}: Record<'digest' | 'keyFile' | 'hook', string>) => [
  `body='{"rollback":"${digest}"}'`,
  `id=$(openssl rand -hex 16) time=$(date +%s)`,
  `printf '%s.%s.%s' "$id" "$time" "$body" > signed`,
  `signature=$(openssl pkeyutl -sign -rawin -inkey ${keyFile} -in signed | openssl base64 -A)`,
  `curl -sS -w '\\n%{http_code}\\n' ${hook} \\`,
  `  -H 'content-type: application/json' -H 'prefer: wait=240' \\`,
  `  -H "webhook-id: $id" -H "webhook-timestamp: $time" -H "webhook-signature: v1a,$signature" \\`,
  `  --data-binary "$body"`,
]
