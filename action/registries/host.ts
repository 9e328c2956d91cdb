/** Docker's name for Docker Hub in `config.json` (docker/cli `authConfigKey`). */
const DOCKER_HUB_KEY = 'https://index.docker.io/v1/'

/** The key of a registry in `auths`: its host and port, however it was written; Docker Hub has a name of its own. */
export const configKey = (registry: string): string => {
  const host = registryHost(registry)
  return host === 'docker.io' ? DOCKER_HUB_KEY : host
}

/** Host and port of a registry written as `host`, `https://host/` or `https://host/v2/`; all of Docker Hub's names are `docker.io`. */
export const registryHost = (registry: string): string => {
  const host = registry
    .replace(/^https?:\/\//i, '')
    .replace(/\/.*/, '')
    .toLowerCase()
  return ['docker.io', 'index.docker.io', 'registry-1.docker.io'].includes(host)
    ? 'docker.io'
    : host
}
