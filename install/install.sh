#!/bin/sh
# Installs deploy-receiver on Debian 12 and 13, Ubuntu 22.04 and 24.04, as root. Read it first; `sh install.sh --dry-run` prints
# every command and runs none. What is there stays as it is: an engine that runs, sites of Nginx, rules of UFW. It may be run
# again at any time, also to upgrade.
#
#   sh install.sh [--dry-run] [--version X.Y.Z]
#
# Variables: DEPLOY_RECEIVER_RELEASES, where the releases are (a mirror of yours, say); DEPLOY_RECEIVER_DOCKER and
# DEPLOY_RECEIVER_DOCKER_KEY, Docker's apt repository and the fingerprint of its key.
set -eu

REPOSITORY=org/deploy-action
RELEASES=${DEPLOY_RECEIVER_RELEASES:-https://github.com/$REPOSITORY/releases}
DOCKER=${DEPLOY_RECEIVER_DOCKER:-https://download.docker.com/linux/debian}
DOCKER_KEY=${DEPLOY_RECEIVER_DOCKER_KEY:-9DC858229FC7DD38854AE2D88D81803C0EBFCD88}
STEPS=6

export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/snap/bin

main() {
  read_options "$@"
  step 'This machine' 'use one of these systems, or install by hand: docs/install.md'
  look_at_machine
  step 'The release, checked' "see what $RELEASES has, and run this again"
  fetch_release
  step 'Docker Engine and Compose' 'install Docker by hand (https://docs.docker.com/engine/install/), then run this again'
  install_docker
  step 'Nginx and Certbot' 'the lines above are those of apt-get: mend what they name, then run this again'
  install_nginx
  step 'The receiver' "the lines above are those of apt-get: mend what they name, then run this again"
  install_receiver
  step 'The firewall' 'ufw allow 80/tcp; ufw allow 443/tcp'
  open_ports
  say_what_is_next
}

read_options() {
  dry='' version='' number=0 remedy='sh install.sh --help'
  while [ $# -gt 0 ]; do
    case $1 in
    --dry-run) dry=yes ;;
    --version) [ $# -ge 2 ] || usage 2; version=$2 && shift ;;
    --version=*) version=${1#*=} ;;
    -h | --help) usage 0 ;;
    *) usage 2 ;;
    esac
    shift
  done
  version=${version#v}
  case $version in *[!0-9A-Za-z.~+-]*) usage 2 ;; esac
  case $RELEASES in
  https://* | http://127.0.0.1[:/]* | http://localhost[:/]*) ;;
  *) fail "DEPLOY_RECEIVER_RELEASES=$RELEASES is not an https:// address" ;;
  esac
}

usage() {
  echo 'usage: sh install.sh [--dry-run] [--version X.Y.Z]' >&2
  exit "$1"
}

look_at_machine() {
  # shellcheck source=/dev/null
  . "${OS_RELEASE:-/etc/os-release}"
  system="${ID:-unknown} ${VERSION_ID:-}"
  case $system in
  'debian 12' | 'debian 13' | 'ubuntu 22.04' | 'ubuntu 24.04') ;;
  *) fail "this is $system, not Debian 12 or 13, nor Ubuntu 22.04 or 24.04" ;;
  esac
  architecture=$(dpkg --print-architecture)
  case $architecture in amd64 | arm64) ;; *) fail "there is no package for $architecture, only for amd64 and arm64" ;; esac
  [ -n "$dry" ] || [ "$(id -u)" = 0 ] || { remedy='sudo sh install.sh' && fail 'this has to be root'; }
  say "$system on $architecture"
}

# Nothing that was downloaded runs, and nothing is installed but what downloads, before the sums are right.
fetch_release() {
  if ! { has curl && [ -e /etc/ssl/certs/ca-certificates.crt ]; }; then install curl ca-certificates; fi
  from=$RELEASES/latest/download
  [ -z "$version" ] || from=$RELEASES/download/v$version
  folder=/tmp/deploy-receiver
  [ -n "$dry" ] || make_folder
  download "$from/SHA256SUMS" "$folder/SHA256SUMS"
  package=deploy-receiver_${version:-VERSION}_$architecture.deb
  if [ -z "$dry" ]; then
    package=$(sed -n "s/^[0-9a-f]\{64\}  *\(deploy-receiver_[0-9A-Za-z.~+-]*_$architecture\.deb\)\$/\1/p" "$folder/SHA256SUMS" | head -n 1)
    [ -n "$package" ] || fail "$from/SHA256SUMS names no package for $architecture"
  fi
  sum_of_package | write "$folder/sum"
  download "$from/$package" "$folder/$package"
  run sha256sum --check "$folder/sum"
  # a sum from the same place says that the download is whole; who built it, GitHub's attestation says
  if has gh && gh auth status >/dev/null 2>&1; then
    run gh attestation verify "$folder/$package" --repo "$REPOSITORY"
  else
    say "who built it is not asked: that takes gh, signed in (gh attestation verify $package --repo $REPOSITORY)"
  fi
}

# The line of SHA256SUMS, with the place of the file.
sum_of_package() {
  if [ -n "$dry" ]; then
    echo "(what SHA256SUMS has for $package)"
  else
    sed -n "s#  *$package\$#  $folder/$package#p" "$folder/SHA256SUMS"
  fi
}

make_folder() {
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  trap 'exit 130' INT TERM
  # apt reads packages as a user of its own
  chmod 755 "$folder"
}

install_docker() {
  wanted=''
  if [ -S /var/run/docker.sock ] || has dockerd; then
    say "an engine is there and stays as it is: $(docker --version 2>/dev/null || echo 'its version is not known')"
  else
    case $system in
    'debian 12') wanted='docker-ce docker-ce-cli containerd.io apparmor' ;;
    'debian 13') wanted='docker.io docker-cli apparmor' ;;
    *) wanted='docker.io apparmor' ;;
    esac
  fi
  if docker compose version >/dev/null 2>&1; then
    say "Compose is there: $(docker compose version --short 2>/dev/null)"
  else
    case $system in
    'debian 12') wanted="$wanted docker-compose-plugin" ;;
    'debian 13') wanted="$wanted docker-compose" ;;
    *) wanted="$wanted docker-compose-v2" ;;
    esac
  fi
  # Debian 12 has an engine of 2020, and no Compose v2
  case $system:$wanted in 'debian 12:'?*) add_dockers_packages ;; esac
  # shellcheck disable=SC2086
  [ -z "$wanted" ] || install $wanted
}

add_dockers_packages() {
  if grep -rqs "$DOCKER" /etc/apt/sources.list /etc/apt/sources.list.d; then return; fi
  has gpg || install gpg
  download "$DOCKER/gpg" "$folder/docker.asc"
  [ -n "$dry" ] || [ "$(fingerprints "$folder/docker.asc")" = "$DOCKER_KEY" ] ||
    fail "the key at $DOCKER/gpg is not $DOCKER_KEY, which Docker signs with"
  run mkdir -p /etc/apt/keyrings
  run cp "$folder/docker.asc" /etc/apt/keyrings/docker.asc
  run chmod 644 /etc/apt/keyrings/docker.asc
  write /etc/apt/sources.list.d/docker.sources <<SOURCES
Types: deb
URIs: $DOCKER
Suites: bookworm
Components: stable
Signed-By: /etc/apt/keyrings/docker.asc
SOURCES
  updated=''
}

# fingerprints FILE: of its keys, without those that they vouch for
fingerprints() {
  mkdir -p "$folder/gnupg" && chmod 700 "$folder/gnupg"
  gpg --homedir "$folder/gnupg" --batch --quiet --show-keys --with-colons "$1" |
    awk -F: '$1 == "pub" {next_one = 1} $1 == "fpr" && next_one {print $10; next_one = 0}'
}

install_nginx() {
  wanted=''
  if has nginx; then
    say 'Nginx is there, and its sites stay as they are'
  else
    remedy='ss -ltnp shows which one: stop it or let it listen elsewhere, then run this again'
    ! is_taken 80 || fail 'another program than Nginx listens at port 80'
    wanted=nginx
  fi
  has certbot && say 'Certbot is there' || wanted="$wanted certbot"
  # shellcheck disable=SC2086
  [ -z "$wanted" ] || install $wanted
}

# is_taken PORT: whether somebody listens there (/proc/net/tcp: the port in hex, state 0A)
is_taken() {
  grep -qsi ":$(printf '%04X' "$1") [0-9A-F]*:0000 0A " /proc/net/tcp /proc/net/tcp6
}

install_receiver() {
  installed=$(dpkg-query --show --showformat '${Version}' deploy-receiver 2>/dev/null || true)
  if [ -n "$installed" ] && [ "deploy-receiver_${installed}_$architecture.deb" = "$package" ]; then
    say "version $installed is installed already"
    return
  fi
  # an older version only for who named it
  install ${version:+--allow-downgrades} "$folder/$package"
}

open_ports() {
  if has ufw && ufw status 2>/dev/null | grep -q '^Status: active'; then
    run ufw allow 80/tcp
    run ufw allow 443/tcp
  else
    say 'UFW is not active: nothing to do here. The firewall of your cloud has to let 80 and 443 in, too'
  fi
}

say_what_is_next() {
  if [ -n "$dry" ]; then
    next='This was a dry run: nothing was changed. Now: sudo sh install.sh'
  elif [ -e /etc/deploy-receiver/config.yaml ]; then
    next='Done; the config is there already. Now: deploy-receiver doctor'
  else
    next='Done. Now: deploy-receiver init'
  fi
  printf '\n%s\n' "$next"
}

has() { command -v "$1" >/dev/null 2>&1; }
say() { printf '      %s\n' "$*"; }

# step TITLE REMEDY: what follows, and what to do when it fails
step() {
  number=$((number + 1)) remedy=$2
  printf '\n%s/%s  %s\n' "$number" "$STEPS" "$1"
}

fail() {
  printf '\nStopped at step %s: %s.\n  What to do: %s\n' "$number" "$1" "$remedy" >&2
  exit 1
}

run() {
  printf '    + %s\n' "$*"
  if [ -n "$dry" ]; then return; fi
  "$@" || fail "\`$*\` ended with exit status $?"
}

# write FILE: with what is on standard input
write() {
  printf '    + write %s\n' "$1"
  if [ -n "$dry" ]; then sed 's/^/        /'; else cat >"$1" || fail "$1 cannot be written"; fi
}

download() { run curl -fsSL --proto-redir =https --retry 3 --max-time 900 -o "$2" "$1"; }

# install PACKAGE…: nothing that is there is removed for it, and what apt has running elsewhere is waited for
install() {
  [ -n "${updated:-}" ] || run apt-get update -q
  updated=yes
  run apt-get install -qy --no-install-recommends --no-remove -o DPkg::Lock::Timeout=300 "$@"
}

main "$@"
