import { randomBytes } from 'node:crypto'
import { parseVerifyingKey } from '../../../protocol/standard-webhooks.ts'
import type { AppCredentials } from './authenticate.ts'

const unknowable = () => randomBytes(32).toString('base64')

/** Checked for an app that does not exist, so that its refusal takes as long as that of one which does. */
export const DECOY: AppCredentials = {
  oidc: [],
  webhookKeys: [parseVerifyingKey(`whsec_${unknowable()}`)],
  basic: { tokens: [unknowable()], deploy: false },
  github: [unknowable()],
}
