/** Claims of a token whose issuer, signature, times and audience were verified. */
export interface VerifiedToken {
  issuer: string
  jti: string
  /** Unix seconds after which it is not valid any more. */
  expiresAt: number
  claims: Readonly<Record<string, unknown>>
}

/** Why a token was not verified. `issuer_unavailable` says nothing about the token: its keys could not be fetched. */
export class TokenError extends Error {
  readonly code: 'rejected' | 'issuer_unavailable'

  constructor(code: TokenError['code'], message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'TokenError'
    this.code = code
  }
}

/** Verifies an OIDC token of one of `issuers` made for exactly `audience`. Throws `TokenError`. */
export type VerifyToken = (
  token: string,
  expected: { issuers: readonly string[]; audience: string },
) => Promise<VerifiedToken>
