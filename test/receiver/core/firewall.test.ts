import { expect, test } from 'vitest'
import { closedPorts } from '../../../receiver/core/firewall.ts'

const ANY = '0.0.0.0/0'
/** What `ufw` was told, and as UFW 0.36 writes it. */
const CASES: readonly [told: string, rules: readonly string[], closed: readonly number[]][] = [
  ['nothing', [], [80, 443]],
  ['allow 80/tcp', [`allow tcp 80 ${ANY} any ${ANY} in`], [443]],
  ['allow 443', [`allow any 443 ${ANY} any ${ANY} in`], [80]],
  ['limit 80/tcp', [`limit tcp 80 ${ANY} any ${ANY} in`], [443]],
  ['allow 80,443,8000:8010/tcp', [`allow tcp 80,443,8000:8010 ${ANY} any ${ANY} in`], []],
  ['allow 1:100/tcp', [`allow tcp 1:100 ${ANY} any ${ANY} in`], [443]],
  ["allow 'Nginx Full'", [`allow tcp 80,443 ${ANY} any ${ANY} Nginx%20Full - in`], []],
  ['allow log 80/tcp', [`allow_log tcp 80 ${ANY} any ${ANY} in`], [443]],
  ['allow 80/tcp comment web', [`allow tcp 80 ${ANY} any ${ANY} in comment=776562`], [443]],
  ['allow 80/tcp, by an old UFW', [`allow tcp 80 ${ANY} any ${ANY}`], [443]],
  ['allow from 10.0.0.0/8 to any port 80', [`allow tcp 80 ${ANY} any 10.0.0.0/8 in`], [443]],
  ['allow in on eth0 to any port 80', [`allow any 80 ${ANY} any ${ANY} in_eth0`], [443]],
  ['allow from 203.0.113.7', [`allow any any ${ANY} any 203.0.113.7 in`], [80, 443]],
  ['allow in on tailscale0', [`allow any any ${ANY} any ${ANY} in_tailscale0`], [80, 443]],
  ['allow 443/udp', [`allow udp 443 ${ANY} any ${ANY} in`], [80, 443]],
  ['allow out 80/tcp', [`allow tcp 80 ${ANY} any ${ANY} out`], [80, 443]],
  ['route allow 80/tcp', [`route:allow tcp 80 ${ANY} any ${ANY} in`], [80, 443]],
  [
    'reject from 203.0.113.7, allow 80/tcp',
    [`reject any any ${ANY} any 203.0.113.7 in`, `allow tcp 80 ${ANY} any ${ANY} in`],
    [443],
  ],
  [
    'deny 80/tcp, allow 80,443/tcp',
    [`deny tcp 80 ${ANY} any ${ANY} in`, `allow tcp 80,443 ${ANY} any ${ANY} in`],
    [80],
  ],
]

const fileOf = (rules: readonly string[]) =>
  `*filter\n### RULES ###\n${rules.map((rule) => `\n### tuple ### ${rule}\n-A ufw-user-input -j ACCEPT\n`).join('')}\n### END RULES ###\nCOMMIT\n`

test.for(CASES)('UFW that was told `%s` leaves the right ports closed', ([, rules, closed]) => {
  expect(closedPorts({ otherwise: 'deny', rules: fileOf(rules) }, [80, 443])).toEqual(closed)
})

test('what no rule is for goes by the default', () => {
  const rules = fileOf([`deny tcp 443 ${ANY} any ${ANY} in`])
  expect(closedPorts({ otherwise: 'allow', rules }, [80, 443])).toEqual([443])
})
