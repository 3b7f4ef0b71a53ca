# Sourced by kill-push: a push of ledger changes through the loss of broker and PostgreSQL. Needs a started house.

kill_push_sql() { PGPASSFILE=/dev/null "$(postgresql_programs)/psql" -X -q -A -t -v ON_ERROR_STOP=1 -d "${2:-$YONJO_SUPERUSER_URL}" -c "$1"; }
# The same cluster, database postgres.
kill_push_admin() { kill_push_sql "$1" "${YONJO_SUPERUSER_URL/\/yonjo\?//postgres?}"; }

# SQL on databases that nobody may use meanwhile: those who do are sent away, and nobody comes back but autovacuum, which is sent away again.
kill_push_alone() {
  local tenths
  kill_push_admin "update pg_database set datallowconn = false where datname in ('yonjo', 'yonjo_again')"
  for ((tenths = 0; tenths < 50; tenths++)); do
    kill_push_admin "select pg_terminate_backend(pid) from pg_stat_activity where datname in ('yonjo', 'yonjo_again')" >/dev/null
    if kill_push_admin "$1" 2>/dev/null; then
      kill_push_admin "update pg_database set datallowconn = true where datname like 'yonjo%'"
      return 0
    fi
    sleep 0.1
  done
  kill_push_admin "$1"
}

# Until a process that was killed has ended; whether somebody has taken note of it does not matter.
kill_push_await_end() { # PID
  while [ -n "$(awk '$1 == "State:" && $2 != "Z" { print $2 }' "/proc/$1/status" 2>/dev/null)" ]; do sleep 0.05; done
}

kill_push_answers() { curl --silent --fail --cacert "$house_secrets/tls/ca.pem" "$house_address/readyz"; }
kill_push_start_broker() {
  background "$house_directory" yonjo "$programs/yonjo" serve
  kill_push_broker=$background_pid
  wait_for 120 kill_push_answers
}
# The process that was started last under that name, and still is that program.
kill_push_kill_broker() {
  local pid
  pid=$(awk '$2 == "yonjo" { pid = $1 } END { print pid }' "$house_directory/processes")
  kill -KILL "$pid"
  kill_push_await_end "$pid"
}
# yonjo-ledger, the child of the shell that runs it again and again; nothing to kill where the push has ended by itself.
kill_push_kill_ledger() { # SHELL
  local pid parent
  [ ! -e "$house_directory/pushed" ] || return 0
  for pid in /proc/[0-9]*; do
    parent=$(awk '$1 == "Name:" && $2 != "yonjo-ledger" { exit } $1 == "PPid:" { print $2 }' "$pid/status" 2>/dev/null) || continue
    if [ "$parent" = "$1" ]; then
      kill -KILL "${pid#/proc/}"
      return 0
    fi
  done
  return 1
}
kill_push_kill_cluster() {
  local pid
  pid=$(head -n 1 "$YONJO_CLUSTER_DIR/data/postmaster.pid")
  kill -KILL "$pid"
  kill_push_await_end "$pid"
}
kill_push_start_cluster() {
  local tenths
  # Its children end by themselves once they notice; until then the memory that they share is in use.
  for ((tenths = 0; tenths < 600; tenths++)); do
    if cluster_as_user "$(postgresql_programs)/pg_ctl" start -s -w -t 120 -D "$YONJO_CLUSTER_DIR/data" -l "$YONJO_CLUSTER_DIR/data/server.log"; then
      return 0
    fi
    sleep 0.1
  done
  return 1
}

# Lines that are stored; nothing while PostgreSQL is down.
kill_push_received() { kill_push_sql "select coalesce(max(received), 0) from ledger_jobs" 2>/dev/null || echo 0; }
kill_push_state() { kill_push_sql "select coalesce(max(state), '') from ledger_jobs" 2>/dev/null || true; }
# Until so many lines are stored, or the push has ended by itself.
kill_push_wait() {
  while [ ! -e "$house_directory/pushed" ]; do
    [ "$(kill_push_received)" -lt "$1" ] || return 0
    sleep 0.02
  done
}

# Everything that the push left, without ids and times of its own.
kill_push_left() {
  kill_push_sql "
    select 'job', state, received, deleted, activated, unknown, invalid from ledger_jobs order by created_at;
    select 'lines left', count(*) from ledger_batches;
    select 'pair', pair_id, state from pairs order by 2;
    select 'tags', side, md5(string_agg(encode(stored_tag, 'hex') || pair_id, ',' order by stored_tag, pair_id)), count(*) from pair_tags group by side order by 2;
    select 'event', kind, pair_id, count(*) from events group by kind, pair_id order by 2, 3;
    select 'audit', kind, count(*) from audit_events where kind in ('ledgerChangesReceived', 'ledgerChangesApplied') group by kind order by 2;"
}

# Runs push again and again until it is done.
kill_push_run() {
  local attempt
  rm -f -- "$house_directory/pushed"
  for ((attempt = 1; attempt <= 100; attempt++)); do
    if "$programs/yonjo-ledger" push "$1" --wait 600 --json >"$house_directory/push.json" 2>>"$house_directory/logs/push.log"; then
      printf '%s\n' "$attempt" >"$house_directory/pushed"
      return 0
    fi
    sleep 0.5
  done
  return 1
}

kill_push() { # LINES CITIZENS
  local lines=$1 citizens=$2 file=$house_directory/leaving.ndjson started pushing kills=0
  . "$house_secrets/environment"
  "$programs/yonjo" tenant allow "$house_bank" --look-ups 10000000 --signatures 10000000
  "$programs/yonjo-bench" enrol --cast "$house_cast" --enrolment "$house_directory/enrolment.json" --citizens "$citizens"
  "$programs/yonjo-bench" lines --enrolment "$house_directory/enrolment.json" --lines "$lines" --leaving "$((citizens / 2))" --out "$file"

  echo "a copy of the database for the second run"
  kill_push_kill_broker
  # Who owns the database owns its schema; the owner's functions read by that right.
  kill_push_alone "create database yonjo_again template yonjo owner yonjo_owner"
  kill_push_start_broker

  echo "undisturbed"
  started=$(tenths_now)
  kill_push_run "$file"
  kill_push_left >"$house_directory/undisturbed"
  echo "kill-push: undisturbed: $lines lines in $(seconds_of $(($(tenths_now) - started))) s, $(sed 's/^job|//;q' "$house_directory/undisturbed")"

  kill_push_kill_broker
  kill_push_alone "alter database yonjo rename to yonjo_undisturbed"
  kill_push_alone "alter database yonjo_again rename to yonjo"
  rm -f -- "$file".push.json "$house_directory/pushed"
  kill_push_start_broker

  echo "disturbed"
  started=$(tenths_now)
  kill_push_run "$file" &
  pushing=$!
  kill_push_wait $((lines / 4))
  echo "kill-push: kill -9 of the broker with $(kill_push_received) lines stored"
  kill_push_kill_broker
  kill_push_start_broker
  kill_push_wait $((lines * 3 / 8))
  echo "kill-push: kill -9 of yonjo-ledger with $(kill_push_received) lines stored"
  wait_for 30 kill_push_kill_ledger "$pushing"
  kill_push_wait $((lines / 2))
  echo "kill-push: kill -9 of PostgreSQL with $(kill_push_received) lines stored"
  kill_push_kill_cluster
  kill_push_start_cluster
  while [ ! -e "$house_directory/pushed" ]; do
    if [ "$kills" -eq 0 ] && [ "$(kill_push_state)" = stored ]; then
      echo "kill-push: kill -9 of the broker with all lines stored, the job being $(kill_push_state)"
      kill_push_kill_broker
      kill_push_start_broker
      kills=1
    fi
    kill -0 "$pushing" 2>/dev/null || [ -e "$house_directory/pushed" ] || { echo "error: push gave up"; return 1; }
    sleep 0.02
  done
  wait "$pushing"
  kill_push_left >"$house_directory/disturbed"
  echo "kill-push: disturbed: $lines lines in $(seconds_of $(($(tenths_now) - started))) s, push run $(cat "$house_directory/pushed") times"
  if ! diff "$house_directory/undisturbed" "$house_directory/disturbed"; then
    echo "error: the disturbed push left something else"
    return 1
  fi
  echo "kill-push: both left the same: $(wc -l <"$house_directory/disturbed") rows compared, $(grep -c '^pair|' "$house_directory/disturbed") pairs left of $citizens"
}
