import { createHash } from 'node:crypto'

/** What the texts of an app call things. */
export interface Names {
  /** Holds the upstream that a request goes to. */
  variable: string
  /** Named location for when nobody serves. */
  absent: string
  /** Named location for when the slot that was chosen is gone. */
  moved: string
  /** Named location for when a page of the administrator's cannot be read. */
  plain: string
  /** Beginning of the named locations that answer to clients of gRPC. */
  grpc: string
}

/**
 * The variable of rendered server blocks, which all of them share: with one per app, Nginx would warn of `variables_hash` from
 * some hundred apps on. In one server block of a user's own several apps meet, also in one request (`auth_request`): there
 * each has its own.
 */
export const OWN_VARIABLE = 'receiver_slot'

export function named(app: string, variable: string = variableOf(app)): Names {
  const base = variableOf(app)
  return {
    variable,
    absent: `@${base}_absent`,
    moved: `@${base}_moved`,
    plain: `@${base}_plain`,
    grpc: `@${base}_grpc_`,
  }
}

/** Nginx's hash of variables takes names up to 46 characters by default, and a prefix has up to 3 of them. */
const LONGEST_VARIABLE = 42

/**
 * The app's variable. No two apps get the same: labels have no underscore, and none begins with a dash, as a shortened
 * name would. What is not of one app begins with `receiver_`.
 */
function variableOf(app: string): string {
  const name = `deploy_${app.replaceAll('-', '_')}`
  return name.length <= LONGEST_VARIABLE ? name : `deploy__${shortHash(app)}`
}

export const shortHash = (text: string) =>
  createHash('sha256').update(text).digest('hex').slice(0, 16)
