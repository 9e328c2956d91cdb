import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileFailure, whyNoFile } from '../core/file-failure.ts'
import type { ContainerSettings } from '../core/slots/container-settings.ts'
import { EnvFileError, parseEnvFile, parseRawEnvFile } from './env-file.ts'
import { warnOfAccess } from './file-access.ts'
import { warnOfPlainSecret } from './plain-secret.ts'
import type { Field, Reader } from './reader.ts'
import { isSecret } from './secret-values.ts'
import { boolean, emptyRecord, keyValues, matching } from './values.ts'

const OR_NOT = 'create it, or write { path: …, required: false }'

/** The whole environment, and which of it must not be seen. */
export function readEnvironment(
  reader: Reader,
  files: Field | undefined,
  field: Field | undefined,
): Pick<ContainerSettings, 'environment' | 'secretEnvironment'> {
  const environment = readEnvFiles(reader, files)
  const fromOutside = new Set(Object.keys(environment))
  for (const { field: at, key, value } of keyValues(reader, field)) {
    if (key === '' || /[=\0]/.test(key)) {
      const hint = 'write NAME: value, or [NAME=value]'
      reader.problem(at, `${JSON.stringify(key)} is not the name of a variable`, hint)
    }
    // a name alone takes the receiver's own value, and is left out without one, as in Compose
    const found = value ?? reader.env[key]
    if (found === undefined) continue
    environment[key] = found
    if (value === undefined || reader.isFilled(at)) fromOutside.add(key)
    else fromOutside.delete(key)
    if (value !== undefined) warnOfPlainSecret(reader, at, { name: key, value })
  }
  const secretEnvironment = Object.entries(environment)
    .filter(([name, value]) => isSecret({ name, value, fromOutside: fromOutside.has(name) }))
    .map(([name]) => name)
  return { environment, secretEnvironment }
}

/** Of `environment` what stands in the config as it is and is no secret: nothing of a variable, of a file or of this machine. */
export function plainEnvironment(reader: Reader, field: Field | undefined): Record<string, string> {
  const plain = emptyRecord<string>()
  for (const { field: at, key, value } of keyValues(reader, field)) {
    if (value === undefined || reader.isFilled(at)) continue
    if (!isSecret({ name: key, value, fromOutside: false })) plain[key] = value
  }
  return plain
}

/** Reads `labels`, which go over those of `label_file`. */
export function readLabels(
  reader: Reader,
  files: Field | undefined,
  field: Field | undefined,
): Record<string, string> {
  const inFiles = reader.list(files).flatMap((at) =>
    Object.entries(readValues(reader, at, { path: reader.text(at) })).map(([key, value]) => ({
      field: at,
      key,
      value,
    })),
  )
  const labels = emptyRecord<string>()
  for (const { field: at, key, value = '' } of [...inFiles, ...keyValues(reader, field)]) {
    if (key === '') reader.problem(at, 'a label has no name', 'write name: value, or [name=value]')
    if (key.startsWith('deploy-receiver.')) {
      reader.problem(at, `the label ${key} is one of the receiver's own`, 'choose another name')
    }
    labels[key] = value
  }
  return labels
}

function readEnvFiles(reader: Reader, field: Field | undefined): Record<string, string> {
  const values = emptyRecord<string>()
  for (const each of reader.list(field)) {
    const long = reader.isMapping(each)
      ? reader.mapping(each, ['path', 'required', 'format'])
      : undefined
    const path = reader.text(long === undefined ? each : long.get('path'))
    const required = boolean(reader, long?.get('required')) ?? true
    const format = matching(
      reader,
      long?.get('format'),
      /^raw$/,
      'a format',
      'write raw, or leave it out',
    )
    if (long !== undefined && reader.isNothing(long.get('path'))) {
      reader.problem(each, 'path is missing', 'write { path: …, required: false }')
    }
    Object.assign(
      values,
      readValues(reader, each, { path, required, isRaw: format === 'raw', remedy: OR_NOT }),
    )
  }
  return values
}

function readValues(
  reader: Reader,
  field: Field,
  {
    path,
    required = true,
    isRaw = false,
    remedy = 'create it',
  }: { path: string | undefined; required?: boolean; isRaw?: boolean; remedy?: string },
): Record<string, string> {
  if (path === undefined) return emptyRecord()
  const file = resolve(dirname(reader.file), path)
  try {
    const parse = isRaw ? parseRawEnvFile : parseEnvFile
    const values = parse(readFileSync(file, 'utf8'), reader.env)
    const holdsSecret = Object.entries(values).some(([name, value]) =>
      isSecret({ name, value, fromOutside: false }),
    )
    warnOfAccess(reader, field, { file, holdsSecret })
    return values
  } catch (error) {
    if (error instanceof EnvFileError) {
      reader.problem(field, `${file}:${error.line}: ${error.message}`, error.hint)
    } else if (required || (error as NodeJS.ErrnoException).code !== 'ENOENT') {
      const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
      const hint = isMissing ? remedy : (fileFailure(file, error)?.hint ?? remedy)
      reader.problem(field, whyNoFile(file, error), hint)
    }
    return emptyRecord()
  }
}
