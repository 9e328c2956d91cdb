/** What people write who have an app behind Nginx: with WebSockets, HTTP/2 and connections to it that are kept. */
export const plainSite = ({
  ports,
  pair: { certificate, key },
  domain,
  app,
}: {
  ports: { http: number; tls: number }
  pair: { certificate: string; key: string }
  domain: string
  /** `address:port` */
  app: string
}): string => `upstream plain { server ${app}; keepalive 64; }
map $http_upgrade $plain_connection { default ""; websocket upgrade; }
server {
  listen 127.0.0.1:${ports.http};
  listen 127.0.0.1:${ports.tls} ssl http2;
  server_name ${domain};
  ssl_certificate ${certificate};
  ssl_certificate_key ${key};
  keepalive_requests 1000000;
  location / {
    proxy_pass http://plain;
    proxy_http_version 1.1;
    proxy_set_header Connection $plain_connection;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Host $host;
  }
}
`
