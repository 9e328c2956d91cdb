/** Holds the path that led to the app, and what is left of the request's. */
export const PREFIX_VARIABLE = '$receiver_prefix'
export const PATH_VARIABLE = '$receiver_path'

/**
 * Has the app asked without the path that led to it. What is left is passed on as the visitor wrote it, `%2F` and the query too.
 * Where he wrote the path itself otherwise (`/%61pi`, `/x/../api`), it is passed on as Nginx understood it. The last of a
 * location's lines: none of those that decide something is looked at after `break`.
 */
export function stripPrefix(paths: readonly string[] | undefined): string {
  if (paths === undefined) return ''
  const any = paths.map((path) => path.replaceAll('.', '[.]')).join('|')
  // by names: what is numbered, `set` escapes once more
  return `set ${PREFIX_VARIABLE} "";
set ${PATH_VARIABLE} "";
if ($uri ~ "^(?<receiver_prefix>${any})(?:/|$)") { }
if ($request_uri ~ "^(?:${any})(?:/|(?=\\?)|$)(?<receiver_rest>.*)$") { set ${PATH_VARIABLE} /$receiver_rest; }
rewrite "(?s)^(?:${any})(?:/(.*))?$" /$1 break;
`
}
