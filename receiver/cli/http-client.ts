/**
 * Node's client of HTTP. An `import` of `node:http` looks at all that it exports, WebSocket among it, which loads half as much
 * again as such a command needs in all.
 */
export const { request } = process.getBuiltinModule('node:http')
