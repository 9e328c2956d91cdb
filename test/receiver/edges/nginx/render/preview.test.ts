import { expect, test } from 'vitest'
import { render, renderPreviews } from '../../../../../receiver/edges/nginx/render/render.ts'
import type { Site } from '../../../../../receiver/edges/nginx/render/site.ts'

const FOLDER = '/data/slots/${receiver_preview}'
const previews: Site = {
  app: 'api',
  domains: ['*.preview.example.com'],
  listen: ['80'],
  upstreams: { blue: [], green: [] },
  flags: { green: `${FOLDER}/green`, ready: `${FOLDER}/ready`, paused: `${FOLDER}/paused` },
  pauses: true,
  trustedProxies: [],
  previews: { domain: 'preview.example.com', upstreams: '/data/upstreams', isAlone: true },
}
const text = (more: Partial<Site> = {}) => renderPreviews({ ...previews, ...more })
const shared = (isAlone: boolean): Partial<Site> => ({
  previews: { domain: 'preview.example.com', upstreams: '/data/upstreams', isAlone },
})

test('it names no preview, and no address', () => {
  expect(text()).not.toMatch(/upstream api|\d\.\d+\.\d+\.\d|pr-/)
  expect(text()).toContain('  server_name *.preview.example.com;\n')
})

test('one that has no link is nobody, before anything else is looked at', () => {
  const [before = ''] = text().split('location')
  expect(before).toContain(String.raw`
  set $receiver_preview "";
  if ($host ~ "^(?<receiver_preview>api--[a-z0-9-]+)\.preview\.example\.com$") { }
  if (!-e /data/upstreams/${'${receiver_preview}'}_blue) { return 444; }
`)
})

test('its slot is chosen by its flag, and is where the link of that slot leads', () => {
  expect(text()).toContain(String.raw`
    set $receiver_slot ${'${receiver_preview}'}_blue;
    if (-f /data/slots/${'${receiver_preview}'}/green) { set $receiver_slot ${'${receiver_preview}'}_green; }
`)
  expect(text()).toContain(String.raw`
    root /data/upstreams/$receiver_slot;
    set $receiver_at "";
    if ($realpath_root ~ "/(?<receiver_at>[^/]+)\z") { }
    proxy_pass http://$receiver_at;
`)
})

test('apps that share a domain have patterns that do not meet', () => {
  const names = ['api', 'web'].map(
    (app) => /server_name (.*);/.exec(text({ app, ...shared(false) }))?.[1],
  )
  expect(names).toEqual([
    String.raw`"~^api--[a-z0-9-]+\.preview\.example\.com$"`,
    String.raw`"~^web--[a-z0-9-]+\.preview\.example\.com$"`,
  ])
})

test('with a certificate for all of them they are sent to it, and one that is not there is not', () => {
  const tls = { certificate: '/tls/all.pem', key: '/tls/all.key', listen: ['443'] }
  const [, plain = '', secure = ''] = text({ tls }).split(/^server \{$/m)
  expect(plain).toContain('return 308 https://$host$request_uri;')
  expect(plain.indexOf('return 444;')).toBeLessThan(plain.indexOf('return 308'))
  expect(secure).toContain('ssl_certificate /tls/all.pem;')
  expect(secure).toContain('return 444;')
  expect(secure).toContain('proxy_pass http://$receiver_at;')
})

test('what is counted is a visitor’s share of each preview', () => {
  const limited = text({ rateLimit: { rate: '5r/s', burst: 2 } })
  expect(limited).toContain(
    'limit_req_zone ${receiver_preview}$binary_remote_addr zone=deploy-receiver.api.previews:10m rate=5r/s;',
  )
  expect(limited).toContain('limit_req zone=deploy-receiver.api.previews burst=2 nodelay;')
})

test('gRPC goes the same way', () => {
  expect(text({ protocol: 'grpc' })).toContain('    grpc_pass grpc://$receiver_at;\n')
})

test('nothing gets in that is no path, no domain and no name', () => {
  expect(() => text({ previews: { domain: 'x;', upstreams: '/data', isAlone: true } })).toThrow(
    /x;/,
  )
  expect(() => text({ previews: { domain: 'x.y', upstreams: '/a b', isAlone: true } })).toThrow(
    /a b/,
  )
  expect(() => text({ app: '$x' })).toThrow(/\$x/)
})

test('in the site of an app nothing is said of previews, and the name of one is no path', () => {
  const { previews: _previews, ...app } = previews
  expect(() => render(app)).toThrow(/cannot stand in an Nginx file as path/)
  const flags = { green: '/d/green', ready: '/d/ready', paused: '/d/paused' }
  const upstreams = { blue: ['10.0.0.2:80'], green: ['10.0.0.3:80'] }
  const { conf, slot, proxy } = render({ ...app, domains: ['api.example.com'], flags, upstreams })
  expect(`${conf}${slot}${proxy}`).not.toMatch(/preview|realpath/)
})
