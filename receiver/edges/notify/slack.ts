import type { Message } from '../../core/notify/message.ts'

/**
 * As Slack's incoming webhooks take it (docs.slack.dev, "Rich text block"): in rich text nothing is parsed, so that `<!channel>`, `@here` and
 * `*bold*` are shown as they are. Others that take Slack's form (Mattermost, Rocket.Chat) show `text`.
 */
export const slackBody = (message: Message): object => {
  const { title, tone, facts, reason, hint, log, links } = message
  return {
    text: escape([title, reason].filter((each) => each !== undefined).join(': ')),
    blocks: [
      {
        type: 'rich_text',
        elements: [
          section([text(`${SIGNS[tone]} `), text(title, { bold: true })]),
          ...(reason === undefined ? [] : [section([text(reason)])]),
          ...(hint === undefined ? [] : [section([text(`→ ${hint}`, { italic: true })])]),
          ...(log.length === 0
            ? []
            : [{ type: 'rich_text_preformatted', elements: [text(log.join('\n'))] }]),
          section(
            facts.flatMap(({ name, value }, at) => [
              text(`${at === 0 ? '' : '\n'}${name}: `, { bold: true }),
              text(value),
            ]),
          ),
          ...(links.length === 0
            ? []
            : [
                section(
                  links.flatMap((each, at) => [
                    ...(at === 0 ? [] : [text(' · ')]),
                    { type: 'link', url: each.url, text: each.text },
                  ]),
                ),
              ]),
        ],
      },
    ],
  }
}

const SIGNS: Readonly<Record<Message['tone'], string>> = { good: '✅', bad: '❌', warning: '⚠️' }

const section = (elements: readonly object[]) => ({ type: 'rich_text_section', elements })
const text = (words: string, style?: { bold?: true; italic?: true }) => ({
  type: 'text',
  text: words,
  ...(style === undefined ? {} : { style }),
})

/** The three characters that Slack parses in a text; and others make a mention of a bare `@`. */
const escape = (words: string) =>
  words
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('@', '@\u200b')
