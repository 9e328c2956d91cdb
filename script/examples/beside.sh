# shellcheck shell=bash
# What stands beside an example that is tried, by script/apart: an engine, a registry, a CA and names. Its files are in WORK. For `source`.

work=${WORK:?where its files are}
registry=127.0.0.1:5000
names='deploy.example.com api.example.com'
trap end EXIT
export DOCKER_HOST=unix:///run/docker.sock
ip link set lo up
# of this machine nothing is seen that a container would bind
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/lib
printf '127.0.0.1 localhost %s\n' "$names" >"$work/hosts"
printf 'nameserver 127.0.0.1\n' >"$work/resolv.conf"
mount --bind "$work/hosts" /etc/hosts
[ ! -e /etc/resolv.conf ] || mount --bind "$work/resolv.conf" /etc/resolv.conf

# until_is SECONDS COMMAND…
until_is() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || { echo "in vain: $*" >&2; return 1; }
    sleep 0.3
  done
}

# step WHAT COMMAND…: what it prints is shown when it fails
step() {
  local what=$1 begun=$SECONDS
  shift
  # in a condition the shell would go on after what fails within
  (set -e; "$@") >"$work/said" 2>&1 &
  if wait $!; then printf '%6s  %s\n' "$((SECONDS - begun)) s" "$what"; else
    printf 'FAILED  %s\n' "$what"
    cat "$work/said"
    why || true
    exit 1
  fi
}

fails() { if "$@"; then echo "it did not fail: $*" >&2; return 1; fi; }

# start_engine [FLAG…]
# shellcheck disable=SC2120 # only some have one
start_engine() {
  echo '{}' >"$work/daemon.json"
  dockerd --host="$DOCKER_HOST" --data-root="$work/store" --exec-root="$work/exec" --pidfile="$work/dockerd.pid" \
    --config-file="$work/daemon.json" --bridge=none --iptables=false --ip6tables=false --ip-masq=false --ip-forward=false \
    --userland-proxy=false "$@" >"$work/dockerd.log" 2>&1 &
  REGISTRY_HTTP_ADDR=$registry REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY="$work/registry" \
    docker-registry serve script/install/registry.yaml >"$work/registry.log" 2>&1 &
  until_is 120 docker version
}

# start_ca: what is to trust it gets $work/authorities.pem
start_ca() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=pebble -addext subjectAltName=IP:127.0.0.1 \
    -keyout "$work/ca-key.pem" -out "$work/ca-cert.pem" 2>/dev/null
  cat >"$work/pebble.json" <<JSON
{ "pebble": { "listenAddress": "127.0.0.1:14000", "managementListenAddress": "127.0.0.1:15000", "httpPort": 80, "tlsPort": 443,
  "certificate": "$work/ca-cert.pem", "privateKey": "$work/ca-key.pem" } }
JSON
  pebble-challtestsrv -defaultIPv6 '' -http01 '' -https01 '' -tlsalpn01 '' -dns01 127.0.0.1:8053 >"$work/names.log" 2>&1 &
  PEBBLE_VA_NOSLEEP=1 pebble -config "$work/pebble.json" -dnsserver 127.0.0.1:8053 >"$work/pebble.log" 2>&1 &
  until_is 120 curl -fsk -o "$work/ca-root.pem" https://127.0.0.1:15000/roots/0
  cat "$work/ca-root.pem" "$work/ca-cert.pem" >"$work/authorities.pem"
}

# trust ROOT: what runs in it takes the CA for one
trust() {
  cat "$work/authorities.pem" >>"$1/etc/ssl/certs/ca-certificates.crt"
}

# push VERSION [COMMAND]: a version of the app, which says which one it is
push() {
  local image=$registry/acme/api:latest command=${2:-'["/busybox", "httpd", "-f", "-p", "8000", "-h", "/www"]'}
  mkdir -p "$work/image/www"
  cp "$(command -v busybox)" "$work/image/busybox"
  echo "hello from $1" >"$work/image/www/index.html"
  tar -C "$work/image" -cf - . | docker import --change 'EXPOSE 8000' --change "CMD $command" - "$image" >/dev/null
  until_is 60 docker push -q "$image"
  docker rmi "$image" >/dev/null
}

visit() { curl -fsS -m 20 --cacert "$work/authorities.pem" --resolve api.example.com:443:127.0.0.1 https://api.example.com/; }
shows() { [ "$(visit)" = "hello from $1" ]; }

end() {
  local status=$?
  docker ps --all --quiet 2>/dev/null | xargs -r docker rm --force >/dev/null 2>&1 || true
  [ ! -e "$work/dockerd.pid" ] || kill "$(cat "$work/dockerd.pid")" 2>/dev/null || true
  until_is 60 is_over || true
  exit $status
}
is_over() { [ ! -e "$work/dockerd.pid" ]; }
