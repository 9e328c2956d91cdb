import type { SiteSettings } from '../../../core/site.ts'

const DOLLAR = '$receiver_dollar'

/** Outside of server blocks: in a value Nginx would take a dollar for a variable, and knows no way to write one. */
export const dollar = ({ headers = {} }: SiteSettings): string =>
  Object.values(headers).some((value) => value.includes('$'))
    ? `geo ${DOLLAR} { default "$"; }\n`
    : ''

/** Those of the config, for every place that has an `add_header` (`everywhere`). */
export const ownHeaders = (site: SiteSettings, instead: readonly string[]): string =>
  headersOf(site)
    .filter(([name, value]) => value !== '' && !instead.includes(name.toLowerCase()))
    .map(([name, value]) => `add_header ${name} ${inQuotes(value)} always;\n`)
    .join('')

/** The app's own of the names that we send go, so that none comes twice. */
export const hideOfApp = (site: SiteSettings): string =>
  [...(site.hsts === undefined ? [] : [HSTS]), ...headersOf(site).map(([name]) => name)]
    .map((name) => `proxy_hide_header ${name};\n`)
    .join('')

const HSTS = 'Strict-Transport-Security'

/** `hsts` goes over a header of that name: over plain HTTP it must not be sent. */
const headersOf = ({ headers = {}, hsts }: SiteSettings): [string, string][] =>
  Object.entries(headers).filter(
    ([name]) => hsts === undefined || name.toLowerCase() !== HSTS.toLowerCase(),
  )

/** As Nginx reads it back to the very same text. */
export const inQuotes = (value: string): string =>
  `"${value.replaceAll(/["\\]/g, String.raw`\$&`).replaceAll('$', () => `\${${DOLLAR.slice(1)}}`)}"`
