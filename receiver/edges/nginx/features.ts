/** What an Nginx has, by what it says of itself. */
export interface Features {
  version: readonly [major: number, minor: number, patch: number]
  /** Modules that it was built with, by their short names: `http_v2`, `http_v3`, `http_realip`. */
  modules: ReadonlySet<string>
  /** Those that every Nginx has and this one was built without: `http_geo`. */
  without: ReadonlySet<string>
  /** Where it logs requests as long as no `access_log` says; absent: it does not say. */
  accessLog?: string
}

/** The oldest that we write for: of one that does not say what it is nothing else is known. */
export const OLDEST: Features = {
  version: [1, 18, 0],
  modules: new Set(),
  without: new Set(),
}

/** Reads what `nginx -V` prints. Kin that keep its directives say their own name first, and mostly Nginx's after it. */
export function featuresIn(said: string): Features {
  const [, major, minor, patch] =
    /\bnginx\/(\d{1,4})\.(\d{1,4})\.(\d{1,4})/.exec(said) ??
    /\b(?:openresty|freenginx)\/(\d{1,4})\.(\d{1,4})\.(\d{1,4})/.exec(said) ??
    []
  if (major === undefined) return OLDEST
  const [, accessLog] = /--http-log-path=([^\s']+)/.exec(said) ?? []
  const named = (pattern: RegExp) => new Set(said.matchAll(pattern).map(([, name = '']) => name))
  return {
    version: [Number(major), Number(minor), Number(patch)],
    modules: named(/--with-([a-z0-9_]+)_module(?=\s|$|')/g),
    without: named(/--without-([a-z0-9_]+)_module(?=\s|$|')/g),
    ...(accessLog === undefined ? {} : { accessLog }),
  }
}

/** Whether it is of this version or a later one. */
export function isAtLeast({ version }: Features, wanted: `${number}.${number}.${number}`): boolean {
  const others = wanted.split('.').map(Number)
  const at = version.findIndex((each, index) => each !== others[index])
  return at === -1 || (version[at] ?? 0) > (others[at] ?? 0)
}
