import { hideOfApp } from './headers.ts'
import type { Site } from './site.ts'
import { told } from './trust.ts'

/**
 * Settings of both places that pass a request on. Those that equal Nginx's defaults stand here because all rests on them
 * and a line in nginx.conf could change them.
 */
export const passOn = (site: Site): string => `proxy_http_version 1.1;
proxy_set_header Connection $receiver_connection;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Host $host;
${told(site)}${site.basicAuth === undefined ? '' : SITES_PASSWORD}proxy_request_buffering on; # a body can be sent again
proxy_next_upstream error timeout; # no POST that an app may have seen is sent again
proxy_intercept_errors off; # the app's own errors pass
${hideOfApp(site)}proxy_buffering off; # events and streams pass as they come
proxy_buffer_size 64k; # for large cookies, and for large downloads without buffering: each fill of it is a read and a write
proxy_buffers 8 16k;
proxy_busy_buffers_size 64k;
proxy_temp_file_write_size 128k; # a smaller one further out would be refused beside such buffers
proxy_connect_timeout 5s; # longer than the kernel takes to find that nobody has an address, about 3 s
proxy_read_timeout ${timeFor(site)}; # WebSockets and events may be silent
proxy_send_timeout ${timeFor(site)};
`

export const timeFor = ({ timeoutMs }: Site) => (timeoutMs === undefined ? '1h' : `${timeoutMs}ms`)

const SITES_PASSWORD =
  'proxy_set_header Authorization ""; # it was for the site, and an app would refuse it\n'
