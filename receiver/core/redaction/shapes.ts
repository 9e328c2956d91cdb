/**
 * What looks like a secret wherever it comes from, and what is left of it. Each begins where no character of its own stands
 * before it, or has bounds: texts of strangers come here, and the work may not grow faster than they do. First what every one of them
 * has in it: most texts have none of that.
 */
const SHAPES: readonly (readonly [has: string, shape: RegExp, instead: string])[] = [
  ['eyJ', /(?<![\w-])eyJ[\w-]{5,}\.[\w-]+\.[\w-]*/g, '[token]'],
  [' ', /\b(Bearer|Basic) +[\w.~+/=-]{8,}/gi, '$1 [token]'],
  [
    '"',
    /("(?:auth|password|identitytoken|registrytoken|secret|token)" *: *")[^"]*/gi,
    '$1[secret]',
  ],
  ['_', /\b(?:gh[a-z]_|github_pat_|dckr_pat_)[\w-]{16,}/g, '[token]'],
  ['glpat-', /\bglpat-[\w-]{16,}/g, '[token]'],
  ['whs', /\bwhs(?:ec|k)_[A-Za-z0-9+/=_-]+/g, '[key]'],
  ['v1', /\bv1a?,[A-Za-z0-9+/=_-]{20,}/g, '[signature]'],
  ['=', /\bsha(?:1|256)=[0-9a-f]{32,}/gi, '[signature]'],
  ['://', /(?<![a-z0-9+.-])([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/@]*@/gi, '$1[login]@'],
  ['?', /\?[^\s?"'<>=]*=[^\s"'<>]*/g, '?[query]'],
]

export function withoutShapes(text: string): string {
  let shown = text
  for (const [has, shape, instead] of SHAPES) {
    if (shown.includes(has)) shown = shown.replace(shape, instead)
  }
  return shown
}
