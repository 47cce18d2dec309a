#!/usr/bin/env bash
# Installs the Debian or Ubuntu packages that feedh's tests and gates need. `make demo` needs none of them.
#
#   Deploy/install-dependencies.sh           install what is missing (as root, or through sudo)
#   Deploy/install-dependencies.sh --list    say what is there and what is missing; change nothing
#
# It can be run again at any time: where nothing is missing it does nothing and says so.
set -euo pipefail

# package: what feedh uses it for
packages=(
  "libdpdk-dev: DPDK headers and libraries (package trait DPDK)"
  "libpcap-dev: capture filters; an oracle for the capture readers"
  "libnuma-dev: memory placement; linked by DPDK"
  "libssl-dev: TLS sessions"
  "zlib1g-dev: captures packed with gzip"
  "zstd: captures packed with zstd"
  "valgrind: instruction counts (Scripts/instructions)"
  "iproute2: network namespaces that live queues are tested in"
  "python3: gates written in Python (Scripts/check-hot-path)"
  "shellcheck: the scripts that feedh tune writes"
  "binutils: objdump, for the machine code that the gates read"
)

usage() { sed -n '2,7s/^# \{0,1\}//p' "$0"; }
fail() { echo "install-dependencies: $1" >&2; exit 2; }

list_only=no
case "${1-}" in
  "") ;;
  --list) list_only=yes ;;
  -h | --help) usage; exit 0 ;;
  *) usage >&2; exit 2 ;;
esac

names=("${packages[@]%%:*}")
if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  fail "no apt-get here: only Debian and Ubuntu are supported. Install the equivalents of: ${names[*]};\
 then run: make verify"
fi

missing=()
for package in "${packages[@]}"; do
  name=${package%%:*}
  # One line per architecture; "not-installed" and "config-files" are states too.
  states=$(dpkg-query -W -f='<${db:Status-Status}>' "$name" 2>/dev/null || true)
  if [[ $states == *"<installed>"* ]]; then
    state=installed
  else
    state=missing
    missing+=("$name")
  fi
  [[ $list_only == yes || $state == missing ]] && printf '%-9s  %-12s %s\n' "$state" "$name" "${package#*: }"
done

if [[ ${#missing[@]} -eq 0 ]]; then
  echo "install-dependencies: all ${#names[@]} packages are installed; nothing to do"
  exit 0
fi
[[ $list_only == yes ]] && exit 0

run=(env DEBIAN_FRONTEND=noninteractive)
if [[ $(id -u) -ne 0 ]]; then
  command -v sudo >/dev/null ||
    fail "not root, and no sudo here. As root, run: apt-get install --no-install-recommends ${missing[*]}"
  # Without a terminal nobody can type a password: fail at once rather than wait.
  if [[ -t 0 ]]; then run=(sudo "${run[@]}"); else run=(sudo -n "${run[@]}"); fi
fi
# Another apt may be at work (unattended upgrades): wait for its lock rather than fail.
apt=("${run[@]}" apt-get -o DPkg::Lock::Timeout=300)

echo "install-dependencies: + ${apt[*]} update"
"${apt[@]}" update -q || echo "install-dependencies: the package lists could not all be renewed; trying with those here" >&2
echo "install-dependencies: + ${apt[*]} install -y --no-install-recommends ${missing[*]}"
"${apt[@]}" install -y -q --no-install-recommends "${missing[@]}" ||
  fail "apt-get could not install: ${missing[*]} (its own message is above)"
echo "install-dependencies: installed ${#missing[@]} of ${#names[@]} packages: ${missing[*]}"
