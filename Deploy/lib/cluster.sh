# Sourced by quickstart, test and bench: a private PostgreSQL cluster of this run's own.
#
#   cluster_start DIR   makes and starts it; exports YONJO_CLUSTER_DIR, YONJO_PG_SOCKET, YONJO_PG_PORT and the URLs of database yonjo:
#                       YONJO_SUPERUSER_URL, YONJO_OWNER_URL, YONJO_APP_URL, YONJO_JOBS_URL, YONJO_OPERATOR_URL, YONJO_READER_URL
#   cluster_use DIR     exports the same of a cluster that runs already
#   cluster_keep DIR    it outlives the shell that started it
#   cluster_stop DIR    stops and removes it
#
# PostgreSQL refuses to run as root: then the cluster belongs to user postgres, otherwise to oneself. DIR must be reachable by that user. It
# listens on a Unix socket that only that user and root can reach, with generated passwords (SCRAM).
#   YONJO_CLUSTER_FAST=1  no fsync: for tests, whose data nobody needs after a power failure
#   YONJO_CLUSTER_TCP=1   also on a free TCP port of 127.0.0.1, with TLS, and the URLs go there
# Works alone; uses postgresql_programs and free_port of system.sh where they are there.

cluster_programs() {
  if declare -F postgresql_programs >/dev/null; then
    postgresql_programs
  else
    local initdb
    initdb=$(command -v initdb || ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -V | tail -n 1)
    [ -n "$initdb" ] && dirname "$(readlink -f "$initdb")"
  fi
}

cluster_user() { if [ "$(id -u)" -eq 0 ]; then echo postgres; else id -un; fi; }

# In /, because the caller's directory may be closed to the cluster's user.
cluster_as() {
  local user=$1
  shift
  if [ "$(id -un)" = "$user" ]; then
    (cd / && "$@")
  elif command -v runuser >/dev/null; then
    (cd / && runuser -u "$user" -- "$@")
  else
    (cd / && su "$user" -s /bin/sh -c 'exec "$0" "$@"' -- "$@")
  fi
}
cluster_as_user() { cluster_as "$(cluster_user)" "$@"; }

cluster_is_running() { cluster_as_user "$(cluster_programs)/pg_ctl" status -s -D "$1/data" >/dev/null 2>&1; }

cluster_start() {
  local directory=$1
  cluster_stop_orphans
  if [ -e "$directory/environment" ] && cluster_is_running "$directory"; then
    cluster_use "$directory"
    return 0
  fi
  cluster_stop "$directory"
  local programs user
  programs=$(cluster_programs) || { echo "PostgreSQL's programs were not found: install postgresql." >&2; return 1; }
  user=$(cluster_user)
  id -u "$user" >/dev/null || { echo "There is no user postgres to run PostgreSQL as." >&2; return 1; }
  mkdir -p "$directory"
  chmod 0755 "$directory"
  # Whose it is: when that process is gone, the next cluster_start on this machine stops the cluster.
  printf '%s %s\n' "$$" "$(cluster_process_start $$)" >"$directory/owner"
  cluster_choose_socket "$directory"
  cluster_make_secrets "$directory"
  cluster_initialise "$directory" "$programs" "$user"
  cluster_configure "$directory" "$user"
  if ! cluster_as_user "$programs/pg_ctl" start -s -w -t 60 -D "$directory/data" -l "$directory/data/server.log"; then
    tail -n 20 "$directory/data/server.log" >&2
    return 1
  fi
  cluster_use "$directory"
  cluster_make_roles "$directory" "$programs"
}

cluster_use() {
  . "$1/environment"
  YONJO_CLUSTER_DIR=$1
  export YONJO_CLUSTER_DIR YONJO_PG_SOCKET YONJO_PG_PORT YONJO_SUPERUSER_URL YONJO_OWNER_URL YONJO_APP_URL YONJO_JOBS_URL YONJO_OPERATOR_URL YONJO_READER_URL
}

cluster_keep() { rm -f -- "$1/owner"; }

cluster_stop() {
  local directory=$1 socket
  [ -d "$directory" ] || return 0
  if [ -d "$directory/data" ]; then
    # Nobody's data: no need to write it out first.
    cluster_as "$(stat -c %U "$directory/data")" "$(cluster_programs)/pg_ctl" stop -s -w -t 60 -m immediate -D "$directory/data" >/dev/null 2>&1 || true
  fi
  if [ -e "$directory/socket-place" ]; then
    socket=$(cat "$directory/socket-place")
    case $socket in "$directory"/*) ;; */yonjo-pg-??????) rm -rf -- "$socket" ;; esac
  fi
  # Only what cluster_start put there, whatever DIR was given.
  rm -rf -- "$directory/data" "$directory/s" "$directory/secrets"
  rm -f -- "$directory/environment" "$directory/owner" "$directory/socket-place" "$directory/server.crt"
  rmdir -- "$directory" 2>/dev/null || true
}

# --- within -----------------------------------------------------------------------------------------------------------

# A process number may be given again to another process; the time of its start tells them apart.
cluster_process_start() { sed -E 's/^.*\) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20; }

# Clusters whose run was killed before it could stop them.
cluster_stop_orphans() {
  local owner pid start
  for owner in "${TMPDIR:-/tmp}"/yonjo-*/cluster/owner; do
    # Root may clean up after anybody, others after themselves.
    [ -O "$owner" ] || { [ "$(id -u)" -eq 0 ] && [ -r "$owner" ]; } || continue
    read -r pid start <"$owner" || continue
    if [ "$(cluster_process_start "$pid")" != "$start" ]; then cluster_stop "$(dirname "$owner")"; fi
  done
}

# A Unix socket's path has at most 107 bytes.
cluster_choose_socket() {
  YONJO_PG_SOCKET=$1/s
  if [ ${#YONJO_PG_SOCKET} -gt 85 ]; then
    YONJO_PG_SOCKET=$(mktemp -d /tmp/yonjo-pg-XXXXXX)
  fi
  mkdir -p "$YONJO_PG_SOCKET"
  printf '%s\n' "$YONJO_PG_SOCKET" >"$1/socket-place"
  YONJO_PG_PORT=5432
  if [ -n "${YONJO_CLUSTER_TCP:-}" ]; then
    if declare -F free_port >/dev/null; then
      local port
      free_port
      YONJO_PG_PORT=$port
    else
      YONJO_PG_PORT=$((20000 + RANDOM % 12000))
    fi
  fi
}

cluster_make_secrets() {
  local directory=$1 role password where
  where="host=$YONJO_PG_SOCKET&port=$YONJO_PG_PORT"
  if [ -n "${YONJO_CLUSTER_TCP:-}" ]; then
    where="host=localhost&hostaddr=127.0.0.1&port=$YONJO_PG_PORT&sslmode=verify-full&sslrootcert=$directory/server.crt"
  fi
  (
    umask 077
    mkdir -p "$directory/secrets"
    {
      printf "YONJO_PG_SOCKET='%s'\nYONJO_PG_PORT='%s'\n" "$YONJO_PG_SOCKET" "$YONJO_PG_PORT"
      for role in superuser owner app jobs operator reader; do
        password=$(od -An -N18 -tx1 /dev/urandom | tr -d ' \n')
        printf '%s' "$password" >"$directory/secrets/$role"
        local name=yonjo_$role
        [ "$role" != superuser ] || name=postgres
        printf "YONJO_%s_URL='postgresql://%s:%s@/yonjo?%s'\n" "${role^^}" "$name" "$password" "$where"
      done
    } >"$directory/environment"
  )
}

cluster_initialise() {
  local directory=$1 programs=$2 user=$3 sync=()
  [ -z "${YONJO_CLUSTER_FAST:-}" ] || sync=(--no-sync)
  mkdir -m 0700 "$directory/data"
  install -m 0600 "$directory/secrets/superuser" "$directory/data.password"
  chmod 0700 "$YONJO_PG_SOCKET"
  if [ "$(id -u)" -eq 0 ]; then chown "$user" "$directory/data" "$directory/data.password" "$YONJO_PG_SOCKET"; fi
  local status=0
  cluster_as_user "$programs/initdb" --pgdata "$directory/data" --username postgres --pwfile "$directory/data.password" \
    --auth scram-sha-256 --encoding UTF8 --locale C "${sync[@]}" >/dev/null || status=$?
  rm -f -- "$directory/data.password"
  return $status
}

# log_error_verbosity: the DETAIL of an error quotes values, and no value belongs into a log.
cluster_configure() {
  local directory=$1 user=$2
  {
    printf '%s\n' "listen_addresses = ''" "port = $YONJO_PG_PORT" "unix_socket_directories = '$YONJO_PG_SOCKET'" \
      "max_connections = 500" "shared_buffers = 256MB" "max_wal_size = 2GB" "timezone = 'UTC'" "log_timezone = 'UTC'" \
      "lc_messages = 'C'" "log_error_verbosity = terse" "log_min_error_statement = panic" "log_parameter_max_length = 0" \
      "log_parameter_max_length_on_error = 0" "password_encryption = 'scram-sha-256'"
    if [ -n "${YONJO_CLUSTER_FAST:-}" ]; then
      printf '%s\n' "fsync = off" "synchronous_commit = off" "full_page_writes = off" "autovacuum_naptime = 10min"
    fi
    if [ -n "${YONJO_CLUSTER_TCP:-}" ]; then
      printf '%s\n' "listen_addresses = '127.0.0.1'" "ssl = on" "ssl_min_protocol_version = 'TLSv1.2'"
    fi
  } >"$directory/data/postgresql.auto.conf.new"
  cat "$directory/data/postgresql.auto.conf.new" >>"$directory/data/postgresql.conf"
  rm -f -- "$directory/data/postgresql.auto.conf.new"
  if [ -n "${YONJO_CLUSTER_TCP:-}" ]; then
    (
      umask 077
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -days 30 -subj '/CN=localhost' \
        -addext 'subjectAltName=DNS:localhost' -keyout "$directory/data/server.key" -out "$directory/data/server.crt" 2>/dev/null
    )
    if [ "$(id -u)" -eq 0 ]; then chown "$user" "$directory/data/server.key" "$directory/data/server.crt"; fi
    install -m 0644 "$directory/data/server.crt" "$directory/server.crt"
  fi
}

cluster_make_roles() {
  local directory=$1 programs=$2 here
  here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
  (
    for role in owner app jobs operator reader; do
      export "YONJO_${role^^}_PASSWORD=$(cat "$directory/secrets/$role")"
    done
    PGPASSFILE=/dev/null "$programs/psql" -X -q -v ON_ERROR_STOP=1 -d "${YONJO_SUPERUSER_URL/\/yonjo\?//postgres?}" -f "$here/roles.sql" >/dev/null
  )
}
