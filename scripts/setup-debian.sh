#!/bin/sh
# Installs what this repository needs of Debian 12 beside Node.
#
#   sh scripts/setup-debian.sh --start   what `npm start` needs: a message bus daemon
#   sh scripts/setup-debian.sh --test    what `npm test` needs: systemd, a machine container, an image builder, clock tools, disks
#
# Does nothing when everything is there. Exit codes: 0 ready, 1 installation failed, 2 usage,
# 3 something is missing and this user may not install it (the line to type is printed).
set -eu

case "${1:-}" in
  --start) packages='dbus' ;;
  --test)
    packages='dbus systemd systemd-container debootstrap adjtimex podman buildah runc conmon netavark uidmap e2fsprogs mount iproute2'
    ;;
  *)
    echo "usage: sh $0 --start | --test" >&2
    exit 2
    ;;
esac

missing=''
for package in $packages; do
  state=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) || state='absent'
  [ "$state" = 'installed' ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
  echo "Missing Debian packages:$missing" >&2
  echo "Type this line, then try again:" >&2
  echo "  sudo apt-get update && sudo apt-get install --yes --no-install-recommends$missing" >&2
  exit 3
fi

echo "Installing Debian packages:$missing" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
# Word splitting of the package names is meant.
# shellcheck disable=SC2086
if ! { apt-get update && apt-get install --yes --no-install-recommends $missing; } >"$log" 2>&1; then
  cat "$log" >&2
  echo "The installation failed; the output of apt-get is above." >&2
  exit 1
fi
