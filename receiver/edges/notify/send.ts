import { type From, type Message, messageOf, trialMessage } from '../../core/notify/message.ts'
import type { News } from '../../core/notify/news.ts'
import type { Target } from '../../core/notify/target.ts'
import { discordBody } from './discord.ts'
import type { Post } from './post.ts'
import { slackBody } from './slack.ts'
import { teamsBody } from './teams.ts'
import { webhookContent, webhookLetter } from './webhook.ts'

/** What is to be told: news, or that somebody tries whether it arrives. */
export type Told = { id: string; news: News } | { id: string; trialAt: string }

/** Tells one target. Resolves to what it answered, in a line. Throws `DeliveryError`. */
export async function tell(
  { way, allowsPrivate }: Target,
  told: Told,
  { from, post, now = Date.now }: { from: From; post: Post; now?: () => number },
  signal: AbortSignal,
): Promise<string> {
  const message = 'news' in told ? messageOf(told.news, from) : trialMessage(from)
  switch (way.kind) {
    case 'slack':
    case 'discord':
    case 'teams': {
      const body = JSON.stringify(BODIES[way.kind](message))
      return post({ url: way.url, body, allowsPrivate }, signal)
    }
    case 'webhook': {
      const content =
        'news' in told
          ? webhookContent(told.news, from.url)
          : { type: 'test', at: told.trialAt, data: { receiver: from.url } }
      const nowSeconds = Math.floor(now() / 1000)
      const letter = webhookLetter({ id: told.id, secret: way.secret, content, nowSeconds })
      return post({ url: way.url, ...letter, allowsPrivate }, signal)
    }
    case 'email': {
      // most receivers send none
      const { sendMail } = await import('./email.ts')
      return sendMail({ way, allowsPrivate, message, id: told.id }, signal)
    }
  }
}

const BODIES: Readonly<Record<'slack' | 'discord' | 'teams', (message: Message) => object>> = {
  slack: slackBody,
  discord: discordBody,
  teams: teamsBody,
}
