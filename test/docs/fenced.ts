export interface Fenced {
  /** What stands behind the fence: `sh`, `yaml`, or nothing. */
  language: string
  /** Without the indentation of its fence. */
  text: string
}

/** Every fenced block of a page, those within lists too. */
export function fencedOf(page: string): Fenced[] {
  const blocks: Fenced[] = []
  let open: { language: string; indent: number; lines: string[] } | undefined
  for (const line of page.split('\n')) {
    const fence = line.trimStart()
    if (open === undefined) {
      if (!fence.startsWith('```')) continue
      open = { language: fence.slice(3), indent: line.length - fence.length, lines: [] }
    } else if (fence === '```') {
      blocks.push({ language: open.language, text: open.lines.join('\n') })
      open = undefined
    } else open.lines.push(line.slice(open.indent))
  }
  return blocks
}
