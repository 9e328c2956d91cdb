import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Services of a Compose file, and what they name beside it. */
export const COMPOSE_SERVICES = readFileSync(
  join(import.meta.dirname, 'compose-services.yaml'),
  'utf8',
)
export const VARIABLES = { POSTGRES_PASSWORD: 'pw', HOME: '/home/me' }
export const FILES = {
  ...Object.fromEntries(
    ['db_password.txt', 'bot_token.txt', 'grafana.ini', 'prometheus.yml'].map((name) => [name, '']),
  ),
  'db.env': 'DB_USER=app\nDB_CERTIFICATE="-----BEGIN\nabc=\n-----END"\n',
  'keycloak.env': 'KC_DB="postgres"\n',
  'labels.env': 'com.example.team=data\n',
}
