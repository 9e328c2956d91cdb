import type { Credentials } from '../../receiver/edges/credentials/credentials.ts'
import type { Login } from '../../receiver/edges/credentials/login.ts'

/** Credentials that are the same for every registry. */
export const fixedLogin = (login?: Login): Credentials => ({
  of: async () =>
    login === undefined ? undefined : { login, from: 'the test', isRenewable: false },
  forget() {},
})

/** Credentials of which the next come when the ones before were refused; `given` were handed out. */
export function renewable<const L extends Login>(...logins: L[]): Credentials & { given: L[] } {
  const given: L[] = []
  const left = [...logins]
  return {
    given,
    async of() {
      const [login] = left
      if (login === undefined) throw new Error('it was asked for more logins than there are')
      given.push(login)
      return { login, from: 'the test', isRenewable: true }
    },
    forget: () => void left.shift(),
  }
}
