import { readFileSync } from 'node:fs'
import { nodeVolumes } from '../../../test/support/images.ts'
import { pushVersion, type Rig } from '../rig.ts'

const SOURCES = new URL('../../../test/support/calls/', import.meta.url)
const PROGRAM = ['server.ts', 'frame.ts']

/** Two versions of an app that speaks gRPC, and what its config has to say of it. */
export async function callsApp(
  rig: Rig,
): Promise<{ digests: string[]; settings: Record<string, unknown> }> {
  const files = Object.fromEntries(
    PROGRAM.map((name) => [`app/${name}`, readFileSync(new URL(name, SOURCES))]),
  )
  const digests: string[] = []
  for (const version of ['1', '2']) {
    const config = { Cmd: ['/usr/local/bin/node', '/app/server.ts'], Env: [`VERSION=${version}`] }
    digests.push(await pushVersion(rig, `calls-${version}`, { files, config }))
  }
  return {
    digests,
    // no path: it is asked by gRPC's own health protocol
    settings: { health: { deadline: '20s' }, volumes: await nodeVolumes() },
  }
}
