// node test/support/push-tiny.ts IMAGE:TAG VERSION: puts a small HTTP service into an open registry.
import { pushTiny } from './tiny-image.ts'

const [image = '', version = ''] = process.argv.slice(2)
console.log(await pushTiny({ image, version, login: { username: 'x', password: 'x' } }))
