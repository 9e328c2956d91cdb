import type { OnEdit } from '../core/on-edit.ts'
import type { SiteFiles } from '../edges/nginx/sites.ts'

/**
 * Has Nginx know the receiver itself, and asks it. Resolves to what there is to warn of: the receiver deploys over its local socket,
 * and by a site of the user's own, whatever comes of it.
 */
export async function showReceiver(
  receiver: SiteFiles['receiver'],
  onEdit: OnEdit,
): Promise<string[]> {
  try {
    const { notice, pageNotice, warnings } = await receiver.ensure(onEdit)
    const said = [
      ...(pageNotice === undefined ? [] : [pageNotice]),
      ...warnings.map((each) => `Nginx: ${each}`),
    ]
    if (notice !== undefined) return [notice, ...said]
    const served = await receiver.ask()
    return served?.warning === undefined ? said : [...said, served.warning]
  } catch (error) {
    const { message, hint } = error as Error & { hint?: string }
    return [
      `the receiver's own site is not served: ${message}${hint === undefined ? '' : `; ${hint}`}`,
    ]
  }
}
