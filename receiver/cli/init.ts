import { type Command, Option } from 'commander'
import { TRIGGERS } from '../config/first-config.ts'
import { command, exits, jsonOption } from './command.ts'

export const initCommand = () =>
  command(
    'init',
    'write a first config, start the receiver with it, and look at it from outside in',
    [
      ['deploy-receiver init', 'asks for what it cannot find out'],
      [
        'deploy-receiver init --yes --image ghcr.io/acme/api --host deploy.example.com --email ops@example.com',
        'asks nothing: a GitHub workflow of acme/api deploys api.example.com',
      ],
      [
        'deploy-receiver init --yes --image ghcr.io/acme/api --email ops@example.com',
        'before there is DNS: a name of sslip.io that leads to this machine',
      ],
      [
        'deploy-receiver init --from /srv/shop/compose.yaml',
        'for a project that Compose runs already, with what changes for it',
      ],
    ],
  )
    .option('--from <file>', 'a Compose file: the app is a service of its project')
    .option('--service <name>', 'with --from, the service that visitors come to')
    .option(
      '--image <image>',
      "image of the first app: its repository, with a tag if that is not 'latest'",
    )
    .option('--app <name>', "name of the app; the image's by default")
    .option(
      '--host <name>',
      "public name for hooks; one of sslip.io by default, with this machine's address",
    )
    .option('--domain <name>', 'name for visitors of the app; beside the host by default')
    .option(
      '--port <port>',
      "port of the app in its container; the image's only EXPOSEd one by default",
    )
    .option('--email <address>', 'whom the certificate authority writes to')
    .option('--ca <url>', "ACME directory of another authority than Let's Encrypt")
    .option('--no-tls', 'no HTTPS')
    .addOption(
      new Option(
        '--trigger <kind>',
        "what triggers deployments: a GitHub workflow without a secret (oidc, by default), a workflow with one (token, hmac), the registry's webhook, or a look at the registry each minute (poll)",
      ).choices([...TRIGGERS]),
    )
    .option('--repository <owner/name>', 'repository on GitHub whose workflows deploy, for oidc')
    .option('--branch <name>', 'branch whose pushes are deployed; the default one by default')
    .option('--login <user>', "user at the image's registry, if the image is not public")
    .option(
      '--password-file <file>',
      'file with the password for it, or a token; - is standard input',
    )
    .option('--no-start', 'only write the files: start nothing, and look at nothing from outside')
    .option('-y, --yes', 'do not ask: options, and defaults for the others')
    .addOption(jsonOption())
    .action(
      exits(async (_own: unknown, self: Command) => {
        const { init } = await import('./init/init.ts')
        return init(self.optsWithGlobals())
      }),
    )
