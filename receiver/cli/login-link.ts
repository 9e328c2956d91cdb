import { type Command, Option } from 'commander'
import { socketOf } from '../config/socket.ts'
import { ask } from './ask.ts'
import { command, exits, type Given, jsonOption } from './command.ts'
import { complain, say, sayJson } from './print.ts'

export const loginLinkCommand = () =>
  command(
    'login-link',
    'print a link that signs somebody in on the page, once, within ten minutes',
    [
      ['deploy-receiver login-link', 'for yourself'],
      [
        'deploy-receiver login-link --name Ada --read-only',
        'for somebody who may look, and change nothing',
      ],
    ],
  )
    .addOption(
      new Option('--name <name>', 'who it is for, as the page and the audit trail name them'),
    )
    .addOption(new Option('--read-only', 'they may look, and change nothing'))
    .addOption(jsonOption())
    .action(exits(async (_own: unknown, self: Command) => loginLink(self.optsWithGlobals())))

async function loginLink({
  config,
  json,
  name = process.env['SUDO_USER'] ?? process.env['USER'] ?? 'link',
  readOnly,
}: Given & { json?: boolean; name?: string; readOnly?: boolean }): Promise<number> {
  const query = new URLSearchParams({ name, role: readOnly ? 'reader' : 'operator' })
  const answer = await ask(
    socketOf(config, process.env),
    `/login-links?${query.toString()}`,
    'POST',
  )
  const { url } = answer as { url: string }
  if (json) {
    sayJson(answer)
    return 0
  }
  say(url)
  if (url.startsWith('http:')) complain(tunnel(new URL(url)))
  return 0
}

/** The page is for this machine alone then, and browsers are elsewhere. */
const tunnel = ({ hostname, port }: URL) =>
  `it is for browsers of this machine; from elsewhere by a tunnel, and then the same link:
  ssh -L ${port}:${hostname}:${port} THIS-MACHINE`
