import type { Command } from 'commander'
import { socketOf } from '../config/socket.ts'
import { ask } from './ask.ts'
import { command, exits, jsonOption } from './command.ts'
import { imageNamed } from './named-image.ts'
import { order, type OrderOptions } from './order.ts'

export const deployCommand = () =>
  command(
    'deploy <app> [image]',
    'deploy an image of an app, and show its steps until it is live',
    [
      ['deploy-receiver deploy api', 'the image that the tag names now'],
      ['deploy-receiver deploy api 1.4.2', 'a tag of its repository'],
      ['deploy-receiver deploy api ghcr.io/acme/api@sha256:…', 'a digest'],
    ],
  )
    .addOption(jsonOption())
    .action(
      exits(async (app: string, word: string | undefined, _own: unknown, self: Command) =>
        deploy(app, word, self.optsWithGlobals()),
      ),
    )

async function deploy(
  app: string,
  word: string | undefined,
  options: OrderOptions,
): Promise<number> {
  if (word === undefined) return order(app, {}, options)
  const path = `/apps/${encodeURIComponent(app)}`
  const { image } = (await ask(socketOf(options.config, process.env), path)) as {
    image: { repository: string }
  }
  return order(app, { image: imageNamed(word, image.repository) }, options)
}
