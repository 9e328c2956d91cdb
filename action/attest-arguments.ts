import type { BuildInputs } from './build-inputs.ts'
import { formatFields, parseFields } from './lists.ts'

/**
 * `--attest …` of the inputs `provenance`, `sbom` and `attests`, of which the first two go before an attestation of their kind
 * among the third. Provenance that nobody asked for is off: buildx would add it, and the digest would be that of an index.
 * @param runUrl stands in the provenance as its builder's id, where none is given; `''` for none
 */
export const attestArguments = (
  { provenance, sbom, attests }: Pick<BuildInputs, 'provenance' | 'sbom' | 'attests'>,
  runUrl: string,
): string[] => {
  const isOf = (type: string) => (attest: string) => fieldsOf(attest).includes(`type=${type}`)
  const isProvenance = isOf('provenance')
  const isSbom = isOf('sbom')
  const given = attests.map((attest) =>
    isProvenance(attest) ? withBuilder(fieldsOf(attest), runUrl) : fieldsOf(attest),
  )
  const rest = attests.flatMap((attest, index) => {
    const isReplaced =
      (provenance !== '' && isProvenance(attest)) || (sbom !== '' && isSbom(attest))
    return isReplaced ? [] : [given[index] ?? []]
  })
  const isOff = provenance === '' && !attests.some(isProvenance)
  return [
    ...(isOff ? [['type=provenance', 'disabled=true']] : []),
    ...(provenance === '' ? [] : [provenanceOf(provenance, runUrl)]),
    ...(sbom === '' ? [] : [['type=sbom', ...fieldsOf(sbom)]]),
    ...rest,
  ].flatMap((fields) => ['--attest', formatFields(fields)])
}

function provenanceOf(text: string, runUrl: string): string[] {
  const [only = '', ...more] = fieldsOf(text)
  if (more.length > 0 || only !== 'disabled=false') {
    return only === 'disabled=true'
      ? ['type=provenance', only]
      : withBuilder(['type=provenance', only, ...more], runUrl)
  }
  return runUrl === '' ? ['type=provenance', only] : ['type=provenance', `builder-id=${runUrl}`]
}

const withBuilder = (fields: readonly string[], runUrl: string): string[] =>
  runUrl === '' || fields.some((field) => field.startsWith('builder-id='))
    ? [...fields]
    : [...fields, `builder-id=${runUrl}`]

/** A boolean alone says whether it is wanted, as buildx reads it. */
const fieldsOf = (text: string): string[] =>
  parseFields(text, 'attests').map((field) => {
    const word = field.trim()
    if (/^(?:1|t|true)$/i.test(word)) return 'disabled=false'
    return /^(?:0|f|false)$/i.test(word) ? 'disabled=true' : word
  })
