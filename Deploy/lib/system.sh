# Sourced by the commands of Deploy/: the machine underneath. Needs output.sh.

# need_packages PACKAGE…: installs what Debian lacks as root or with sudo that asks nothing; otherwise says exactly what to type.
need_packages() {
  local missing=() package
  for package in "$@"; do
    package_present "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if ! command -v apt-get >/dev/null 2>&1; then
    fail "Missing: ${missing[*]}. This machine has no apt-get: install their equivalents, then run this again."
  fi
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
      as_root=(sudo -n)
    else
      fail "Missing system packages. Install them, then run this again:
  sudo apt-get update && sudo apt-get install --yes --no-install-recommends ${missing[*]}"
    fi
  fi
  export DEBIAN_FRONTEND=noninteractive
  if [ -z "$(find /var/lib/apt/lists -name '*Packages*' -mtime -7 2>/dev/null | head -n 1)" ]; then
    step "package lists" "${as_root[@]}" apt-get update
  fi
  step "install ${missing[*]}" "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install --yes --no-install-recommends "${missing[@]}"
}

# A package counts as present when what we need of it is there, however it came.
package_present() {
  case $1 in
    libpq-dev) pkg-config --exists libpq 2>/dev/null ;;
    libssl-dev) pkg-config --exists libcrypto 2>/dev/null ;;
    pkg-config) command -v pkg-config >/dev/null 2>&1 ;;
    postgresql) postgresql_programs >/dev/null ;;
    openssl | curl | jq | git) command -v "$1" >/dev/null 2>&1 ;;
    python3-venv) python3 -c 'import venv, ensurepip' >/dev/null 2>&1 ;;
    *) dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed' ;;
  esac
}

# The directory with initdb and pg_ctl, which Debian keeps off the PATH. The newest wins.
postgresql_programs() {
  local initdb
  initdb=$(command -v initdb 2>/dev/null || ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -V | tail -n 1)
  [ -n "$initdb" ] || return 1
  dirname "$(readlink -f "$initdb")"
}

need_swift() {
  command -v swift >/dev/null 2>&1 || fail "No Swift toolchain on the PATH. Install Swift 6.2 or newer (https://www.swift.org/install/linux/), then run this again."
  local version
  version=$(swift --version 2>/dev/null | sed -nE 's/.*Swift version ([0-9]+)\.([0-9]+).*/\1 \2/p' | head -n 1)
  set -- ${version:-0 0}
  if [ "$1" -lt 6 ] || { [ "$1" -eq 6 ] && [ "$2" -lt 2 ]; }; then
    fail "Swift $1.$2 found; Yonjo needs 6.2 or newer (https://www.swift.org/install/linux/)."
  fi
}

# A TCP port that nobody listens on, below the range the kernel hands out by itself, never the same twice in one run.
ports_given=' '
free_port() { # the port is left in $port
  local attempt
  for ((attempt = 0; attempt < 200; attempt++)); do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    case $ports_given in *" $port "*) continue ;; esac
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      ports_given="$ports_given$port "
      return 0
    fi
  done
  fail "No free TCP port found between 20000 and 32000."
}

# wait_for SECONDS COMMAND…: until the command succeeds; at once an error if the process started last has ended.
wait_for() {
  local seconds=$1 fifths
  shift
  for ((fifths = 0; fifths < seconds * 5; fifths++)); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    if [ -n "${background_pid:-}" ]; then kill -0 "$background_pid" 2>/dev/null || break; fi
    sleep 0.2
  done
  say "error: not ready, its log says:"
  if [ -n "${background_log:-}" ]; then tail -n 20 "$background_log"; fi
  return 1
}

# A directory of this run that user postgres can pass through; what is secret lies in its own 0700 directories below.
# Short, because a Unix socket's path has 107 bytes.
make_run_directory() { # the path is left in $run_directory
  run_directory=$(mktemp -d "${TMPDIR:-/tmp}/yonjo-XXXXXX")
  chmod 0711 "$run_directory"
  logs_directory=$run_directory/logs
  mkdir -m 0700 "$logs_directory"
}
remove_run_directory() { case $1 in */yonjo-??????) rm -rf -- "$1" ;; esac; }
