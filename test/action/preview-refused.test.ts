import { expect, test } from 'vitest'
import { PROBLEMS } from '../../protocol/problem.ts'
import { ActionError } from '../../action/error.ts'
import type { Preview } from '../../action/preview.ts'
import { rejected } from '../../action/rejection.ts'
import { notRemoved, previewNews, renderPreview } from '../../action/render-preview.ts'
import { contextOf } from './context-of.ts'

const url = 'https://deploy.example.com/hooks/hello'
const preview: Preview = { name: 'pr-42', target: { url, app: 'hello' }, isOver: false }
const run = contextOf({})

/** As receivers answer a hook of a preview. */
const REFUSALS = [
  ['malformed_body', 'preview is not a name: "-"', 'write pr-42, or a branch'],
  ['signature_rejected', 'the hook was rejected', undefined],
  ['preview_not_allowed', '"refs/heads/x" may touch the preview x, not pr-42', 'see the table'],
  ['claims_not_allowed', 'repository_id is 1, not 2', 'apps.hello.previews.auth says whose'],
  ['image_not_allowed', 'the image is of another repository', 'push to ghcr.io/acme/hello'],
  ['unknown_app', 'there is no app "hello"', 'the config has: api'],
  ['too_many_previews', 'hello has 10 previews', 'close a pull request'],

  ['preview_removed', 'hello--pr-42 was removed by hand', 'push once more'],
  ['preview_leaves', 'hello--pr-42 is being removed', 'ask for it again in a moment'],
  ['too_many_requests', 'too many rejected requests', undefined],
  ['busy', 'too many requests are being read', 'try again'],
  ['store_failed', 'the disk is full', 'make room'],
] as const

test.for(REFUSALS)('the comment says of %s why, and what to do', ([code, detail, hint]) => {
  const status = PROBLEMS[code]
  const error = rejected({
    status,
    text: JSON.stringify({ code, detail, ...(hint && { hint }) }),
    url,
    app: 'hello',
  })
  const news = previewNews(preview, undefined, { error })
  expect(news).toMatchObject({ became: 'not deployed' })
  const comment = renderPreview(news ?? { became: 'gone' }, preview, run)
  expect(comment).toContain('### ❌ Preview hello--pr-42: not deployed')
  const escaped = detail.replaceAll('"', '&quot;')
  expect(comment).toContain(`the receiver answered ${status}: ${escaped}`)
  if (hint !== undefined) expect(comment).toContain(` ${hint}</code>`)
  expect(comment).not.toContain('deploy.example.com')

  const kept = renderPreview(notRemoved(preview, error), preview, run)
  expect(kept).toContain('### ❌ Preview hello--pr-42: not removed')
  expect(kept).toContain(escaped)
})

test('of what a newer run removed that one speaks, and of what is not the receiver the log', () => {
  const text = JSON.stringify({ code: 'preview_removed', detail: 'by run 2', newer_run: 2 })
  const overtaken = rejected({ status: 409, text, url, app: 'hello' })
  expect(previewNews(preview, undefined, { error: overtaken })).toBeUndefined()
  const error = new ActionError('unreachable', `${url} cannot be reached`)
  expect(previewNews(preview, undefined, { error })).toEqual({ became: 'not deployed' })
})
