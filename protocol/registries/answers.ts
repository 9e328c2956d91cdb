const MAX_SHOWN = 300

/** So much of an answer that is an error is read; the rest is not. */
export const MAX_REASON_BYTES = 2048

/** What a service that gives credentials says went wrong, out of the beginning of its JSON or XML, on one line. */
export const reasonOf = (answer: string): string => {
  const text = answer.slice(0, MAX_REASON_BYTES)
  const said =
    /"(?:error_description|message|Message|detail)"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ??
    /<Message>([^<]*)<\/Message>/.exec(text)?.[1] ??
    text
  const line = said.replace(/(?:\\[rn]|\s)+/g, ' ').trim()
  if (line.length > MAX_SHOWN) return `${line.slice(0, MAX_SHOWN)}…`
  // read no further: it may end in the middle of a word
  return line === '' ? 'nothing' : answer.length < MAX_REASON_BYTES ? line : `${line}…`
}

/** A form's body, and its header. */
export const form = (values: Readonly<Record<string, string>>): string =>
  new URLSearchParams(values).toString()
export const FORM = { 'content-type': 'application/x-www-form-urlencoded' } as const
