import type { Message } from '../../core/notify/message.ts'

/**
 * An Adaptive Card, as a Workflows webhook of Teams takes it (learn.microsoft.com, "Create incoming webhooks with Workflows"). All texts are runs
 * of rich text: Teams reads no Markdown in those, and a mention takes an entity of its own.
 */
export const teamsBody = ({ title, tone, facts, reason, hint, log, links }: Message): object => ({
  type: 'message',
  attachments: [
    {
      contentType: 'application/vnd.microsoft.card.adaptive',
      contentUrl: null,
      content: {
        $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
        type: 'AdaptiveCard',
        version: '1.4',
        msteams: { width: 'Full' },
        body: [
          block(run(title, { weight: 'bolder', size: 'large', color: COLOURS[tone] })),
          ...(reason === undefined ? [] : [block(run(reason))]),
          ...(hint === undefined ? [] : [block(run(`→ ${hint}`, { italic: true }))]),
          ...log.map((line) => block(run(line, { fontType: 'monospace', size: 'small' }), 'none')),
          ...facts.map(({ name, value }, at) =>
            block(
              [...run(`${name}: `, { weight: 'bolder' }), ...run(value)],
              at === 0 ? 'default' : 'none',
            ),
          ),
        ],
        actions: links.map((each) => ({ type: 'Action.OpenUrl', title: each.text, url: each.url })),
      },
    },
  ],
})

const COLOURS: Readonly<Record<Message['tone'], string>> = {
  good: 'good',
  bad: 'attention',
  warning: 'warning',
}

const block = (inlines: readonly object[], spacing: 'default' | 'none' = 'default') => ({
  type: 'RichTextBlock',
  spacing,
  inlines,
})
const run = (words: string, style: Readonly<Record<string, unknown>> = {}) => [
  { type: 'TextRun', text: words === '' ? ' ' : words, ...style },
]
