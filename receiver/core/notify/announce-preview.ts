import type { Deployment, DeploymentEvent } from '../../../protocol/deployment.ts'
import type { Preview } from '../previews/preview.ts'
import type { News, PreviewNews } from './news.ts'
import type { Outbox } from './outbox.ts'
import { heardBy, type Target } from './target.ts'

export interface Announcing {
  outbox: Pick<Outbox, 'add'>
  targets: readonly Target[]
}

/**
 * Puts what became of a preview into the outbox, for each target that wants to hear of it.
 * @param once by which it is known again: what was told under it is not told twice
 */
export function announcePreview(
  preview: PreviewNews,
  { at, once }: { at: string; once: string },
  { outbox, targets }: Announcing,
): void {
  const content: News = { kind: 'preview', at, preview }
  for (const target of targets) {
    if (heardBy(target, ['preview'], preview.of) === undefined) continue
    outbox.add({
      target: target.name,
      news: `${preview.app} ${preview.became} ${once}`,
      content,
      at,
    })
  }
}

/** That it is there is told of its first deployment that succeeds, within the transaction of the event. */
export function announceMade(
  { app, status, url }: Deployment,
  event: DeploymentEvent,
  { preview: find, ...announcing }: Announcing & { preview: () => Preview | undefined },
): void {
  const preview = event.type === 'finished' && status === 'succeeded' ? find() : undefined
  if (preview === undefined) return
  const { of, madeAt } = preview
  const where = url === undefined ? {} : { url }
  const message = `it is a preview of ${of}${url === undefined ? '' : `, at ${url}`}`
  announcePreview(
    { app, of, became: 'made', message, ...where },
    { at: event.at, once: madeAt },
    announcing,
  )
}
