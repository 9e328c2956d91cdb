import type { SiteSettings } from '../../core/site.ts'
import type { ServerBlock } from './ask/server-blocks.ts'
import type { ConfiguredTls } from './served-pair.ts'

/** The page for people: its name, where it listens, and its certificate. */
export interface ConfiguredPage {
  domain: string
  listen: { host: string; port: number }
  tls?: ConfiguredTls
}

/**
 * Why the page has no site under a name of its own, though it is to have one.
 * @param others server blocks that are not the receiver's; `undefined` when Nginx does not say
 */
export function whyNoPage(
  { domain }: Pick<ConfiguredPage, 'domain'>,
  { site, others }: { site: SiteSettings | undefined; others: readonly ServerBlock[] | undefined },
): string | undefined {
  if (site === undefined) {
    return `\`site: false\` leaves ${domain} (page.domain) to a site of your own: docs/page.md has what that passes on`
  }
  if (others === undefined) {
    return `whether ${domain} (page.domain) has a site already cannot be seen, since nginx.test is no \`nginx -t\` or fails: none is written until it can be`
  }
  const other = others.find(({ names }) => names.includes(domain))
  return other === undefined
    ? undefined
    : `${domain} (page.domain) has a site of your own, in ${other.file}, which is left alone, and no certificate is asked for: take it out and \`deploy-receiver reload\` to have one written, give the page another name, or pass on there what docs/page.md has`
}
