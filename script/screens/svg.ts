const COLUMN = 8.4
const LINE = 20
const MARGIN = 16

/**
 * A screen, with its colours, as a picture: its text can be selected, and it is readable by day and by night.
 * @param lines of a terminal, as it is told to show them
 */
export function drawScreen(lines: readonly string[], columns: number): string {
  const width = Math.ceil(columns * COLUMN + 2 * MARGIN)
  const height = lines.length * LINE + 2 * MARGIN
  const rows = lines.map((line, at) => {
    const parts = partsOf(line)
    const length = parts.reduce((sum, { text }) => sum + text.length, 0)
    if (length === 0) return ''
    const spans = parts.map(({ text, style }) =>
      style === '' ? escape(text) : `<tspan class="${style}">${escape(text)}</tspan>`,
    )
    const y = MARGIN + LINE * at + 14
    return `<text x="${MARGIN}" y="${y}" textLength="${(length * COLUMN).toFixed(1)}">${spans.join('')}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<style>
  rect { fill: #f6f8fa; stroke: #d0d7de }
  text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #1f2328; white-space: pre }
  .green { fill: #116329 } .red { fill: #a40e26 } .yellow { fill: #7d4e00 } .dim { fill: #59636e } .bold { font-weight: bold }
  @media (prefers-color-scheme: dark) {
    rect { fill: #0d1117; stroke: #3d444d }
    text { fill: #f0f6fc }
    .green { fill: #3fb950 } .red { fill: #ff7b72 } .yellow { fill: #d29922 } .dim { fill: #9198a1 }
  }
</style>
<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
${rows.filter((row) => row !== '').join('\n')}
</svg>
`
}

const STYLES: Readonly<Record<string, string>> = {
  '1': 'bold',
  '2': 'dim',
  '31': 'red',
  '32': 'green',
  '33': 'yellow',
}

/** Texts of a line, each with the styles that it stands in. */
function partsOf(line: string): { text: string; style: string }[] {
  let styles: string[] = []
  return line.split('\u001b[').flatMap((piece, at) => {
    if (at === 0) return piece === '' ? [] : { text: piece, style: '' }
    const end = piece.indexOf('m')
    for (const code of piece.slice(0, end).split(';')) {
      const style = STYLES[code]
      if (style !== undefined) styles.push(style)
      else if (code === '0' || code === '' || code === '39') styles = []
    }
    const text = piece.slice(end + 1)
    return text === '' ? [] : { text, style: styles.join(' ') }
  })
}

const escape = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
