import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { composeOf } from '../config/compose/source.ts'
import { overrideFile } from '../edges/compose/override.ts'
import { composeEnvironment, composeFlags, ComposeError } from '../edges/compose/run.ts'

/**
 * Runs `docker compose` for somebody at a terminal, on an app's project and with the override that says which of its services are
 * ours. Resolves to its exit status.
 */
export async function composeByHand(
  { config, app, words }: { config: string; app: string; words: readonly string[] },
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const { source, data } = composeOf(config, env, app)
  const override = overrideFile(data, app)
  if (source === undefined && !existsSync(override)) {
    throw new ComposeError(
      `${override} is not there: ${app} is no preview of a Compose project that was deployed`,
      'deploy-receiver status shows all',
    )
  }
  if (!existsSync(override)) {
    throw new ComposeError(
      `${override} is not there: the receiver has not taken ${app} yet, and Compose would start its services, too`,
      'systemctl start deploy-receiver, or deploy-receiver reload',
    )
  }
  // whoever sits there may be asked, and sees colours
  const { COMPOSE_ANSI: _ansi, COMPOSE_MENU: _menu, ...environment } = composeEnvironment(env)
  const flags =
    source === undefined
      ? composeFlags({ files: [override], profiles: [], bare: true }, { name: app })
      : composeFlags(source, { override })
  const child = spawn('docker', ['compose', ...flags, ...words], {
    stdio: 'inherit',
    env: environment,
  })
  // Ctrl-C is Compose's: it ends what it does in its own way
  const leave = () => {}
  process.on('SIGINT', leave)
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (status) => resolve(status ?? 1))
    })
  } finally {
    process.off('SIGINT', leave)
  }
}
