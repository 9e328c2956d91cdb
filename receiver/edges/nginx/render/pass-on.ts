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
${told(site)}proxy_request_buffering on; # a body can be sent again
proxy_next_upstream error timeout; # no POST that an app may have seen is sent again
proxy_intercept_errors off; # the app's own errors pass
${site.hsts === undefined ? '' : 'proxy_hide_header Strict-Transport-Security; # ours is sent\n'}proxy_buffering off; # events and streams pass as they come
proxy_buffer_size 16k; # for large cookies, and for large downloads without buffering
proxy_buffers 8 16k;
proxy_busy_buffers_size 32k;
proxy_connect_timeout 5s; # longer than the kernel takes to find that nobody has an address, about 3 s
proxy_read_timeout 1h; # WebSockets and events may be silent
proxy_send_timeout 1h;
`
