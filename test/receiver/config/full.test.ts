import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { AppConfig, Config } from '../../../receiver/config/config.ts'
import { loadConfig } from '../../../receiver/config/load.ts'

const FILE = fileURLToPath(new URL('full.yaml', import.meta.url))
const SECRET = `whsec_${Buffer.alloc(24, 'k').toString('base64')}`

test('a file with every key is read whole', () => {
  const config = loadConfig(FILE, {
    GHCR_TOKEN: 'ghp_1',
    READ_TOKEN: 'r'.repeat(24),
    HOOK_SECRET: SECRET,
    BASIC_TOKEN: 'b'.repeat(24),
    GITHUB_SECRET: 'g'.repeat(24),
    GITHUB_SECRET_OLD: 'h'.repeat(24),
    FROM_RECEIVER: 'here',
  })
  expect(config).toEqual(expected)
})

const api: AppConfig = {
  name: 'api',
  image: { repository: 'ghcr.io/acme/api', tag: 'stable' },
  registries: { 'ghcr.io': { kind: 'password_file', username: 'bot', file: '/run/ghcr' } },
  port: 8000,
  domains: ['api.example.com', '*.api.example.com'],
  auth: {
    oidc: [
      {
        issuer: 'https://token.actions.githubusercontent.com',
        claims: { repository_id: ['123456789'], ref: ['refs/heads/main', 'refs/tags/v*'] },
      },
      { issuer: 'https://gitlab.example.com', claims: { project_path: ['acme/api'] } },
    ],
    keys: ['whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4='],
    secrets: [SECRET],
    basic: { tokens: ['b'.repeat(24)], deploy: true },
    github: ['g'.repeat(24), 'h'.repeat(24)],
  },
  attestation: {
    issuer: 'https://token.actions.githubusercontent.com',
    repositoryId: '123456789',
    workflow: '.github/workflows/deploy.yml',
    ref: 'refs/heads/main',
  },
  engine: 'docker',
  http: true,
  strategy: 'recreate',
  release: { command: ['bin/migrate', '--all'], timeoutMs: 300_000 },
  container: {
    environment: { LOG_LEVEL: 'info', PRICE: '$5', FROM_RECEIVER: 'here' },
    secretEnvironment: [],
    secretVariables: {},
    volumes: ['api-data:/data', '/etc/api:/etc/api:ro'],
    command: ['serve', '--name', 'the api'],
    entrypoint: ['/bin/api'],
    user: '1000:1000',
    memoryBytes: 512 * 1024 * 1024,
    nanoCpus: 1_500_000_000,
    labels: { team: 'core', traced: '' },
    networks: ['backend'],
    restart: { name: 'on-failure', maximumRetries: 5 },
    stopGraceMs: 20_000,
    stopSignal: 'SIGINT',
    workingDir: '/srv',
    tmpfs: { '/run': '', '/tmp': 'size=64m,mode=1777' },
    extraHosts: ['db:10.0.0.5', 'gateway:host-gateway'],
    dns: ['1.1.1.1', '2606:4700:4700::1111'],
    shmBytes: 128 * 1024 * 1024,
    groupAdd: ['video', '44'],
    ulimits: [
      { name: 'nproc', soft: 512, hard: 512 },
      { name: 'nofile', soft: 1024, hard: 65_536 },
    ],
    sysctls: { 'net.core.somaxconn': '1024' },
    init: true,
    readOnly: true,
    capAdd: ['NET_BIND_SERVICE'],
    capDrop: ['ALL'],
    securityOpt: ['no-new-privileges', 'apparmor=unconfined'],
    pidsLimit: 200,
    privileged: false,
    logging: { driver: 'local', options: { 'max-size': '5m' } },
    devices: [
      { host: '/dev/kfd', container: '/dev/kfd', permissions: 'rwm' },
      { host: '/dev/dri', container: '/dev/dri', permissions: 'rw' },
    ],
    gpus: [{ driver: 'nvidia', count: 2, deviceIds: [], capabilities: ['gpu'], options: {} }],
    healthcheck: {
      test: ['CMD-SHELL', 'curl -f localhost:8000'],
      intervalMs: 10_000,
      timeoutMs: 3000,
      startPeriodMs: 60_000,
      startIntervalMs: 500,
      retries: 4,
    },
  },
  health: {
    path: '/healthz',
    port: 8001,
    headers: { Host: 'api.example.com' },
    secretHeaders: [],
    intervalMs: 1000,
    timeoutMs: 2000,
    healthyAfter: 3,
    deadlineMs: 90_000,
  },
  watchMs: 15_000,
  drainMs: 60_000,
  keep: 10,
  replicas: 3,
  warmMs: 0,
  pollMs: 60_000,
}

const expected: Config = {
  file: FILE,
  url: 'https://deploy.example.com',
  listen: { host: '127.0.0.1', port: 9180 },
  socket: '/run/deploy/receiver.sock',
  admin: { host: '::1', port: 9181 },
  data: '/srv/deploy',
  network: { name: 'apps', subnet: '10.99.0.0/16' },
  nginx: {
    directory: '/etc/nginx/sites',
    test: 'nginx -t -c /etc/nginx/nginx.conf',
    reload: 'systemctl reload nginx',
    listen: ['80', '[::]:80'],
  },
  registries: {
    'ghcr.io': { kind: 'password', username: 'acme', password: 'ghp_1' },
    'docker.io': { kind: 'password', username: 'acme', password: 'none' },
    'localhost:5000': { kind: 'password', username: 'me', password: '0123' },
  },
  trustedProxies: ['127.0.0.1', '10.0.0.0/8', 'fd00::/8'],
  rateLimit: { burst: 50, perSecond: 0.5 },
  readTokens: ['r'.repeat(24)],
  apps: {
    api,
    worker: {
      ...api,
      name: 'worker',
      image: { repository: 'docker.io/library/worker', tag: 'latest' },
      domains: [],
      auth: { oidc: [], keys: [], secrets: [], basic: { tokens: [], deploy: false }, github: [] },
      container: {
        ...api.container,
        environment: { LOG_LEVEL: 'debug', PRICE: '$5', FROM_RECEIVER: 'here' },
        healthcheck: { test: ['NONE'] },
      },
      health: {
        headers: {},
        secretHeaders: [],
        intervalMs: 2000,
        timeoutMs: 5000,
        healthyAfter: 2,
        deadlineMs: 60_000,
      },
    },
  },
}
