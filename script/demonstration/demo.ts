import { parseArgs } from 'node:util'
import { buildPrograms } from '../kubernetes/programs.ts'
import { clearAway } from '../../test/support/clear-away.ts'
import { openWorkspace } from '../../test/support/workspace.ts'
import { brokenVersion } from './broken-version.ts'
import { curlRollback } from './curl-rollback.ts'
import { firstVersion } from './first-version.ts'
import { createOutput, type Output } from './output.ts'
import { refusals } from './refusals.ts'
import { secondVersion } from './second-version.ts'
import { prepare, type Scene } from './scene.ts'
import { speed } from './speed.ts'

const USAGE = `usage: npm run demo [-- --keep] [--engine docker|swarm|kubernetes]

  --keep     leave everything running at the end, until Ctrl-C
  --engine   what runs the app; docker unless said`

const ENGINES = ['docker', 'swarm', 'kubernetes'] as const
const isEngine = (name: string): name is Scene['engine'] => ENGINES.some((each) => each === name)

async function demo({ keep, engine }: { keep: boolean; engine: string }): Promise<boolean> {
  if (!isEngine(engine)) {
    throw new TypeError(`${JSON.stringify(engine)} is not an engine; ${ENGINES.join(', ')}`)
  }
  if (engine === 'kubernetes') buildPrograms()
  const output = createOutput(process.stdout, process.env)
  const workspace = openWorkspace()
  // what the Action's runner puts into its temporary directory vanishes with everything else
  process.env['TMPDIR'] = workspace.dir
  stopOnSignal(workspace.dir, output)
  try {
    const scene = await output.step('private stack', () => prepare(workspace, engine))
    if (scene === undefined) return false
    await play(scene, output)
    output.summary()
    if (keep) await stayOpen(scene, output)
    await scene.stack.close()
  } finally {
    await workspace.close()
  }
  output.line('everything is stopped and removed')
  return output.allHeld()
}

/** Each step builds on what the ones before left, so the first that does not hold ends the play. */
async function play(scene: Scene, output: Output): Promise<void> {
  const steps = [
    ['1  first version', firstVersion],
    ['2  second version under load', secondVersion],
    ['3  rollback with curl', curlRollback],
    ['4  broken version', brokenVersion],
    ['5  refusals', refusals],
    // beside a bare script on the same engine
    ...(scene.engine === 'docker' ? [['speed', speed] as const] : []),
  ] as const
  for (const [name, run] of steps) {
    await output.step(name, () => run(scene))
    if (!output.allHeld()) return
  }
}

async function stayOpen({ stack, receiver }: Scene, output: Output): Promise<void> {
  output.block('everything keeps running; Ctrl-C stops and removes it', [
    `the app        curl -H 'Host: ${stack.hello.domain}' http://127.0.0.1:${stack.hello.port}/`,
    `its hook       ${stack.url}/hooks/hello`,
    `receiver       ${receiver.url}/healthz`,
    `its commands   bin/deploy-receiver --config ${receiver.config} status`,
    `its engine     DOCKER_HOST=${stack.vm.host} docker ps`,
    `registry       http://${stack.registry.host}/v2/   (user ${stack.registry.username}, password ${stack.registry.password})`,
    `everything in  ${stack.workspace.dir}`,
  ])
  // only a signal ends it; the timer keeps the process alive until then
  await new Promise(() => setInterval(() => undefined, 2 ** 30))
}

function stopOnSignal(dir: string, output: Output): void {
  for (const [name, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.once(name, () => {
      output.line(`\n${name}: stopping everything`)
      output.mute()
      void clearAway(dir).finally(() => process.exit(status))
    })
  }
}

try {
  const { values } = parseArgs({
    options: {
      keep: { type: 'boolean', default: false },
      engine: { type: 'string', default: 'docker' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help === true) console.log(USAGE)
  else process.exitCode = (await demo(values)) ? 0 : 1
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = error instanceof TypeError ? 2 : 1
}
