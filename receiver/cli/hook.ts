import type { Command } from 'commander'
import { socketOf } from '../config/socket.ts'
import { ask } from './ask.ts'
import { command, exits, type Given, jsonOption } from './command.ts'
import { say, sayJson } from './print.ts'

export const hookCommand = () =>
  command(
    'hook <app>',
    'print the URL of an app, the workflow step and the curl lines that fit it',
    [
      ['deploy-receiver hook api', 'what to paste into a workflow; there is no secret in it'],
      ['deploy-receiver hook api --test', 'whether a hook arrives; nothing is deployed'],
    ],
  )
    .option('--test', 'send a hook that is a test by the public URL, and show what each check says')
    .addOption(jsonOption())
    .action(
      exits(async (app: string, _own: unknown, self: Command) => {
        const options = self.optsWithGlobals<HookOptions>()
        return options.test ? testHook(app, options) : hook(app, options)
      }),
    )

interface HookOptions extends Given {
  json?: boolean
  test?: boolean
}

async function testHook(app: string, { config, json = false }: HookOptions): Promise<number> {
  const [{ lookAtHook }, { showFindings }] = await Promise.all([
    import('./look-at-hook.ts'),
    import('./findings.ts'),
  ])
  return showFindings(await lookAtHook(app, socketOf(config, process.env)), json)
}

async function hook(app: string, { config, json }: HookOptions): Promise<number> {
  const socket = socketOf(config, process.env)
  const { hook: url, accepts } = (await ask(socket, `/apps/${encodeURIComponent(app)}`)) as {
    hook: string
    accepts: string[]
  }
  const ways = [
    ...accepts.flatMap((kind) => (Object.hasOwn(WAYS, kind) ? (WAYS[kind]?.(url) ?? []) : [])),
    ...(accepts.length === 0 ? [FOR_A_WORKFLOW] : []),
    { title: 'on this machine', text: `deploy-receiver deploy ${app}` },
  ]
  if (json) sayJson({ url, ways })
  else say([url, ...ways.flatMap(({ title, text }) => ['', `# ${title}`, text])].join('\n'))
  return 0
}

interface Example {
  title: string
  text: string
}

/** Of an app that takes hooks from this machine alone. */
const FOR_A_WORKFLOW: Example = {
  title: 'in the config of the app, to let a workflow deploy',
  text: `    auth:
      oidc: { repository_id: '…', ref: refs/heads/main } # gh api repos/OWNER/NAME --jq .id`,
}

/** How each kind of credentials is used. The texts hold no secret: they name a variable or a file that has it. */
const WAYS: Readonly<Record<string, (url: string) => Example[]>> = {
  oidc: (url) => [
    {
      title: 'a job of a workflow; no secret is needed',
      text: `    permissions: { contents: read, packages: write, id-token: write }
    steps:
      - uses: org/deploy-action@v1
        with:
          url: ${url}`,
    },
  ],
  ed25519: (url) => [
    {
      title: 'curl, with the private key of the whpk_… in key.pem',
      text: signed(url, {
        key: '',
        signature: `v1a,$(openssl pkeyutl -sign -rawin -inkey key.pem -in "$message" | base64 -w 0)`,
      }),
    },
    {
      title: 'a step of a workflow, with its whsk_… as a secret',
      text: `      - uses: org/deploy-action@v1
        with:
          url: ${url}
          secret: \${{ secrets.DEPLOY_KEY }}`,
    },
  ],
  hmac: (url) => [
    {
      title: 'curl, with the whsec_… in HOOK_SECRET',
      text: signed(url, {
        key: `key=$(printf %s "\${HOOK_SECRET#whsec_}" | base64 -d | od -An -tx1 | tr -d ' \\n')\n`,
        signature: `v1,$(openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary "$message" | base64)`,
      }),
    },
  ],
  basic: (url) => [
    {
      title: 'curl, with the token in HOOK_TOKEN; the same URL as CI_CD_URL and for registries',
      text: `curl -sS -d '' "${url.replace('://', `://${url.split('/').at(-1)}:$HOOK_TOKEN@`)}"`,
    },
  ],
  github: (url) => [
    {
      title: 'a webhook of GitHub: events Packages and Registry packages, application/json',
      text: `Payload URL: ${url}`,
    },
  ],
}

const signed = (url: string, { key, signature }: { key: string; signature: string }): string =>
  `id="cli-$(date +%s%N)" now=$(date +%s) body='{}' message=$(mktemp)
printf '%s.%s.%s' "$id" "$now" "$body" >"$message"
${key}curl -sS ${url} -H 'Content-Type: application/json' -H 'Prefer: wait=120' -d "$body" \\
  -H "webhook-id: $id" -H "webhook-timestamp: $now" -H "webhook-signature: ${signature}"`
