/**
 * The Host headers under which hooks are taken: the public one, with and without its port (Nginx's `$host` has none), and
 * the listening address for whoever asks from the machine itself.
 */
export function acceptedHosts(url: string, listen: { host: string; port: number }): Set<string> {
  const { host, hostname } = new URL(url)
  const names = [
    listen.host.includes(':') ? `[${listen.host}]` : listen.host,
    '127.0.0.1',
    'localhost',
  ]
  return new Set([host, hostname, ...names.map((name) => `${name}:${listen.port}`)])
}
