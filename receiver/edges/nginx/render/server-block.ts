import { inLocation, inServer } from './app-locations.ts'
import type { Site } from './site.ts'
import { indent } from './text.ts'
import { named, OWN_VARIABLE } from './variables.ts'

/** The server block of an app with domains. */
export function serverBlock(site: Site): string {
  const names = named(site.app, OWN_VARIABLE)
  return `server {
${site.listen.map((listen) => `  listen ${listen};\n`).join('')}  server_name ${site.domains.join(' ')};

${indent(inServer(site, names))}
  location / {
${indent(indent(inLocation(site, names)))}  }
}
`
}
