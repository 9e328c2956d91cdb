import { expect, test } from 'vitest'
import { imageNamed } from '../../../receiver/cli/named-image.ts'

const REPOSITORY = 'ghcr.io/acme/api'
const DIGEST = `sha256:${'1'.repeat(64)}`

test.for([
  ['1.1', `${REPOSITORY}:1.1`],
  ['latest', `${REPOSITORY}:latest`],
  // tags are often commits
  ['deadbeef', `${REPOSITORY}:deadbeef`],
  ['1'.repeat(40), `${REPOSITORY}:${'1'.repeat(40)}`],
  [':1.1', `${REPOSITORY}:1.1`],
  [DIGEST, `${REPOSITORY}@${DIGEST}`],
  [`@${DIGEST}`, `${REPOSITORY}@${DIGEST}`],
  [`${REPOSITORY}:1.1`, `${REPOSITORY}:1.1`],
  [`${REPOSITORY}@${DIGEST}`, `${REPOSITORY}@${DIGEST}`],
  ['acme/other', 'acme/other'],
  ['nginx:1.28', 'nginx:1.28'],
] as const)('deploy takes %s as %s', ([word, image]) => {
  expect(imageNamed(word, REPOSITORY)).toBe(image)
})

test('the short name of the app’s own image is that image, not a tag', () => {
  expect(imageNamed('nginx', 'docker.io/library/nginx')).toBe('nginx')
  expect(imageNamed('nginx', 'docker.io/acme/nginx')).toBe('docker.io/acme/nginx:nginx')
})
