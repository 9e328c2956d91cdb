import type { Context } from 'hono'
import { appNamed, type HttpApps } from '../apps.ts'
import type { TestKeys } from '../hooks/test-keys.ts'

export interface TestServices {
  /** Public base URL. */
  url: string
  apps: HttpApps
  testKeys: Pick<TestKeys, 'sign'>
}

/** `POST /apps/{app}/test-hook`: a signed hook that is a test, to be sent to the public URL within a minute. */
export function signTest(c: Context, name: string, { url, apps, testKeys }: TestServices) {
  appNamed(name, apps)
  return c.json(testKeys.sign(name, `${url}/hooks/${name}`))
}
