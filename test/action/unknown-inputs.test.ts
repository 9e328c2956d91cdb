import { expect, test, vi } from 'vitest'
import { refuseUnknown } from '../../action/unknown-inputs.ts'

const known = ['tags', 'build-args', 'platforms', 'secret-envs', 'id', 'file', 'push', 'labels']

test.for([
  ['INPUT_TAG', 'input tag: there is no such input', 'Did you mean tags?'],
  ['INPUT_BUILD_ARGS', 'input build_args: there is no such input', 'Did you mean build-args?'],
  ['INPUT_BUILD-ARG', 'input build-arg: there is no such input', 'Did you mean build-args?'],
  ['INPUT_PLATFROMS', 'input platfroms: there is no such input', 'Did you mean platforms?'],
  ['INPUT_BAKE-TARGET', 'input bake-target: there is no such input', 'docker/bake-action'],
  ['INPUT_LOGOUT', 'input logout: there is no such input', 'Leave it out'],
  ['INPUT_DOCKERFILE', 'input dockerfile: there is no such input', 'Did you mean file?'],
] as const)('%s is refused with what to write', ([variable, message, hint]) => {
  const refused = () => refuseUnknown(known, { INPUT_TAGS: 'x', [variable]: 'x' })
  expect(refused).toThrow(
    expect.objectContaining({ message, hint: expect.stringContaining(hint) as string }) as Error,
  )
})

test.for(['INPUT_METHOD', 'INPUT_OS', 'INPUT_VERSION', 'INPUT_', 'OUTPUT_TAG'])(
  '%s is none of the Action’s business',
  (variable) => {
    expect(() => refuseUnknown(known, { [variable]: 'x' })).not.toThrow()
  },
)

test('an empty one is not set', () => {
  expect(() => refuseUnknown(known, { INPUT_TAG: '' })).not.toThrow()
})

test('under act, where inputs of a composite action come through, it is a warning', () => {
  const said = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  refuseUnknown(known, { ACT: 'true', INPUT_TAG: 'x' })
  const text = said.mock.calls.map(([line]) => line).join('')
  said.mockRestore()
  expect(text).toContain('::warning::input tag: there is no such input. Did you mean tags?')
})
