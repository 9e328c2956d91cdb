import type { Site } from './site.ts'

/**
 * Where a CA reads, over plain HTTP, that whoever asks for a certificate of these names has them (RFC 8555, section 8.3). It
 * answers for each of them from the start, also to whom the site lets nobody else in.
 */
export const challenge = ({ webroot }: Pick<Site, 'webroot'>): string =>
  webroot === undefined
    ? ''
    : `location ^~ /.well-known/acme-challenge/ {
  root ${webroot};
  default_type text/plain;
  access_log off;
  auth_basic off;
  allow all;
  try_files $uri =404;
}
`
