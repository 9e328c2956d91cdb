import type { SiteSettings } from '../../../core/site.ts'

/** Texts alone: images and the like are small already, and events have to pass as they come. */
const TYPES = [
  'text/plain',
  'text/css',
  'text/csv',
  'text/javascript',
  'text/markdown',
  'text/xml',
  'application/atom+xml',
  'application/geo+json',
  'application/javascript',
  'application/json',
  'application/ld+json',
  'application/manifest+json',
  'application/problem+json',
  'application/rss+xml',
  'application/vnd.api+json',
  'application/wasm',
  'application/x-javascript',
  'application/xhtml+xml',
  'application/xml',
  'font/otf',
  'font/ttf',
  'image/bmp',
  'image/svg+xml',
  'image/x-icon',
]

/** `text/html` is always among the types. */
export const gzip = ({ gzip: isOn }: SiteSettings): string =>
  isOn === undefined
    ? ''
    : `gzip on;
gzip_comp_level 5;
gzip_min_length 1000; # below that it saves nothing
gzip_proxied any;
gzip_vary on;
gzip_types ${TYPES.join(' ')};
`
