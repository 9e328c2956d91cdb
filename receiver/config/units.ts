const MILLISECONDS = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const BYTES = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 }

/** Milliseconds of a duration as Compose writes it: `10s`, `1m30s`, `500ms`, `1.5h`; `undefined` for anything else. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0
  if (!/^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined
  let sum = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) {
    sum += Number(amount) * MILLISECONDS[unit as keyof typeof MILLISECONDS]
  }
  return sum
}

/** Bytes of a size as Compose writes it: `512m`, `1gb`, `1048576`; `undefined` for anything else. */
export function parseBytes(text: string): number | undefined {
  const found = /^(\d+(?:\.\d+)?) ?([bkmgt]?)b?$/i.exec(text)
  if (found === null) return undefined
  const unit = (found[2] ?? '').toLowerCase() || 'b'
  return Math.floor(Number(found[1]) * BYTES[unit as keyof typeof BYTES])
}
