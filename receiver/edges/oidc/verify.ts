import { isDeepStrictEqual } from 'node:util'
import {
  createLocalJWKSet,
  decodeJwt,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  jwtVerify,
} from 'jose'
import { TokenError, type VerifyToken } from '../../core/intake/oidc-token.ts'
import { isDeeperThan, MAX_LEVELS } from '../../core/nesting.ts'
import type { IssuerKeys } from './issuer-keys.ts'

/** Asymmetric only: a key from a JWKS must never serve as an HMAC secret. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]
const MAX_AGE_SECONDS = 600
/** Clocks differ; a token minted a moment ago must not come from the future. */
const CLOCK_TOLERANCE_SECONDS = 5
/** 9999-12-31T23:59:59Z */
const YEAR_9999 = 253_402_300_799

/** Verifies tokens with the issuers' published keys, by jose. */
export function createVerifyToken(keys: IssuerKeys, now: () => Date): VerifyToken {
  const imported = createImports()
  return async (token, { issuers, audience }) => {
    const issuer = claimedIssuer(token)
    if (!issuers.includes(issuer)) {
      throw new TokenError('rejected', `issuer ${JSON.stringify(issuer)} is not one of this app's`)
    }
    const options = {
      issuer,
      audience,
      algorithms: ALGORITHMS,
      maxTokenAge: MAX_AGE_SECONDS,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      requiredClaims: ['exp', 'iat', 'jti', 'aud'],
      currentDate: now(),
    }
    const verify = (jwks: JSONWebKeySet) => jwtVerify(token, imported(issuer, jwks), options)
    let payload: JWTPayload
    try {
      const known = await keys.get(issuer)
      payload = await verify(known)
        .catch(async (error: unknown) => {
          if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
          // a key that the issuer has rotated in since
          return verify(await keys.refresh(issuer))
        })
        .then((result) => result.payload)
    } catch (error) {
      if (error instanceof TokenError) throw error
      throw new TokenError('rejected', error instanceof Error ? error.message : String(error), {
        cause: error,
      })
    }
    requireSaneClaims(payload)
    // jose is content when the audience is among several: this token must be for nothing else
    const audiences = [payload.aud].flat()
    if (audiences.length !== 1) {
      throw new TokenError('rejected', `the token has ${audiences.length} audiences`)
    }
    const { jti, exp = 0 } = payload
    if (typeof jti !== 'string' || jti === '' || jti.length > 512) {
      throw new TokenError('rejected', 'jti is not a text of 1 to 512 characters')
    }
    return { issuer, jti, expiresAt: exp, claims: payload }
  }
}

/** Importing a key costs more than verifying with it: that is done once, until an issuer has others. */
function createImports() {
  const known = new Map<
    string,
    { jwks: JSONWebKeySet; keys: ReturnType<typeof createLocalJWKSet> }
  >()
  return (issuer: string, jwks: JSONWebKeySet) => {
    const before = known.get(issuer)
    if (before !== undefined && isDeepStrictEqual(before.jwks, jwks)) return before.keys
    const keys = createLocalJWKSet(jwks)
    known.set(issuer, { jwks, keys })
    return keys
  }
}

function claimedIssuer(token: string): string {
  let issuer: unknown
  try {
    issuer = decodeJwt(token).iss
  } catch (cause) {
    throw new TokenError('rejected', 'not a JWT', { cause })
  }
  if (typeof issuer === 'string') return issuer
  throw new TokenError('rejected', 'iss is not a text')
}

/** jose takes any number for a time, as RFC 7519 has it. Times are kept as whole seconds, and no issuer writes others. */
function requireSaneClaims(claims: JWTPayload): void {
  for (const name of ['exp', 'nbf', 'iat'] as const) {
    const { [name]: time = 0 } = claims
    if (!Number.isInteger(time) || time < 0 || time > YEAR_9999) {
      throw new TokenError('rejected', `${name} is ${time}, not a time in whole seconds`)
    }
  }
  if (isDeeperThan(MAX_LEVELS, claims)) {
    throw new TokenError('rejected', `its claims are nested more than ${MAX_LEVELS} levels deep`)
  }
}
