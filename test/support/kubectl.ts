import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { stringify } from 'yaml'

/** Runs kubectl as whom a file says. Resolves to what it printed; rejects with its own words. */
export const kubectlWith =
  (program: string, kubeconfig: string) =>
  (words: readonly string[], input = ''): Promise<string> =>
    new Promise((resolve, reject) => {
      const options = { maxBuffer: 2 ** 26 }
      const child = execFile(
        program,
        ['--kubeconfig', kubeconfig, ...words],
        options,
        (error, stdout, stderr) => {
          if (error === null) resolve(stdout)
          else reject(new Error(`kubectl ${words.join(' ')}: ${stderr}`, { cause: error }))
        },
      )
      child.stdin?.end(input)
    })

/** Writes the file of one who has a token. */
export function writeKubeconfig(
  file: string,
  {
    url,
    authority,
    token,
    namespace,
  }: { url: string; authority: string; token: string; namespace?: string },
): void {
  const context = {
    cluster: 'test',
    user: 'test',
    ...(namespace === undefined ? {} : { namespace }),
  }
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server: url, 'certificate-authority': authority } }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context }],
    'current-context': 'test',
  }
  writeFileSync(file, stringify(config), { mode: 0o600 })
}
