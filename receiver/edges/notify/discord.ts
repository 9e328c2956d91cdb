import type { Message } from '../../core/notify/message.ts'

/** As Discord's webhooks take it (discord.com/developers, "Execute Webhook"): one embed, in which nobody is mentioned. */
export function discordBody({ title, tone, facts, reason, hint, log, links }: Message): object {
  const words = [
    ...(reason === undefined ? [] : [escape(reason)]),
    ...(hint === undefined ? [] : [`→ ${escape(hint)}`]),
    ...(links.length === 0 ? [] : [links.map((each) => `[${each.text}](${each.url})`).join(' · ')]),
  ].join('\n')
  const printed = unfenced(log.join('\n')).slice(-(MAX_DESCRIPTION - words.length))
  return {
    allowed_mentions: { parse: [] },
    embeds: [
      {
        title: escape(title).slice(0, MAX_TITLE),
        color: COLOURS[tone],
        description: printed === '' ? words : `${words}\n\`\`\`\n${printed}\n\`\`\``,
        fields: facts.map(({ name, value }) => ({
          name,
          value: escape(value).slice(0, MAX_FIELD),
          inline: true,
        })),
      },
    ],
  }
}

/** Discord takes 4096, and 6000 with title and fields. */
const MAX_DESCRIPTION = 3500
const MAX_TITLE = 256
const MAX_FIELD = 1024
const COLOURS: Readonly<Record<Message['tone'], number>> = {
  good: 0x2e_a0_43,
  bad: 0xd7_3a_49,
  warning: 0xdb_ab_09,
}

/** What begins anything in Discord's Markdown, mentions and timestamps among it. */
const escape = (words: string) =>
  words.replace(/[\\*_~`|<>[\]()#@:-]/g, (character) => `\\${character}`)

/** Of a block of code nothing but its end means anything. */
const unfenced = (words: string) => words.replaceAll('`', '\u02cb')
