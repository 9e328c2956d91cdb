import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type Docker from 'dockerode'

/** A Compose project of which the image is deployed: web service, worker, migration, a seed that nobody waits for, and a database that is Compose's. */
export interface Shop {
  file: string
  removeDatabase(docker: Docker): Promise<void>
  close(docker: Docker): Promise<void>
}

/** Writes the project's file into a folder of its own. */
export function openShop(dir: string, repository: string, name: string): Shop {
  const project = `${name}-shop`
  const folder = join(dir, 'shop')
  mkdirSync(folder)
  const file = join(folder, 'compose.yaml')
  writeFileSync(
    file,
    `
name: ${project}
x-app: &app { image: ${repository}, stop_grace_period: 0s }
services:
  web:
    <<: *app
    depends_on:
      db: { condition: service_healthy }
      migrate: { condition: service_completed_successfully }
  worker: { <<: *app, command: /bin/busybox sleep 100000, depends_on: [web] }
  migrate: { <<: *app, command: /bin/busybox true }
  seed: { <<: *app, command: /bin/busybox true }
  db:
    image: ${repository}-db:1
    command: /bin/busybox sleep 100000
    healthcheck: { test: [CMD, /bin/busybox, "true"], interval: 100ms }
    stop_grace_period: 0s
`,
  )
  const remove = async (docker: Docker) => {
    const label = [`com.docker.compose.project=${project}`]
    const all = await docker.listContainers({ all: true, filters: { label } })
    await Promise.all(all.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })))
  }
  return {
    file,
    removeDatabase: remove,
    async close(docker) {
      await remove(docker)
      await docker
        .getNetwork(`${project}_default`)
        .remove()
        .catch(() => {})
    },
  }
}
