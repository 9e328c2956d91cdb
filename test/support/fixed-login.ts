import type { Credentials } from '../../receiver/edges/credentials/credentials.ts'
import type { Login } from '../../receiver/edges/credentials/login.ts'

/** Credentials that are the same for every registry. */
export const fixedLogin = (login?: Login): Credentials => ({
  of: async () =>
    login === undefined ? undefined : { login, from: 'the test', isRenewable: false },
  forget() {},
})
