# Sourced by bench: what a large audit log costs. Needs what bench has defined.

# Events of one year of the bank, by SQL: nine of ten are look-ups; ids sort by time, as the broker's do. A million in one transaction each.
fill_audit() {
  local done=0 piece=1000000
  while [ "$done" -lt "$events" ]; do
    [ $((events - done)) -ge "$piece" ] || piece=$((events - done))
    sql -v tenant="$house_bank_uuid" -v first="$done" -v last="$((done + piece - 1))" -v all="$events" <<'SQL'
insert into audit_events (tenant_id, event_id, at, kind, actor, subject_id, object, purpose, outcome, request_id)
select :'tenant', (lpad(to_hex((extract(epoch from t.at) * 1000)::bigint), 12, '0') || '7' || substr(md5('id' || i), 14))::uuid, t.at,
  case when i % 10 > 0 then 'tagLookedUp' when i % 1000 = 0 then 'consentRevoked' else (array['loginAnswered', 'statusChecked', 'consentViewed',
    'subjectViewed', 'documentVerified', 'latestItemsAsked'])[1 + i / 10 % 6] end,
  'client:cli_' || substr(md5('actor' || (i % 10 = 0)::int || i / 10 % 20), 1, 26),
  case when i % 10 = 0 then md5('subject' || i / 10 % 500000)::uuid end, case when i % 10 > 0 then 'pair' end,
  case when i % 10 = 0 then 'livenessCheck' end, case when i % 7 = 0 then 'unknown' else 'ok' end, md5('request' || i)
from generate_series(:first::bigint, :last::bigint) i,
  lateral (select date_trunc('milliseconds', clock_timestamp() - interval '1 year' + i * (interval '364 days' / :all)) as at) t;
SQL
    done=$((done + piece))
  done
  sql -c 'vacuum (analyze) audit_events'
}
logged() { sql -c "select coalesce(sum(size), 0) from audit_logs where tenant_id = '$house_bank_uuid'"; }
recorded() { sql -c "select count(*) from audit_events where tenant_id = '$house_bank_uuid'"; }
log_is_complete() { [ "$(logged)" -ge "$events" ]; }
wait_until_logged() {
  until log_is_complete; do sleep 1; done
}
# The statement of GET /v1/audit/events of that name, as the broker prepares it.
audit_statement() {
  awk -v name="\"$1\"," '
    /private static let columns = / { columns = $0; sub(/^[^"]*"/, "", columns); sub(/"[^"]*$/, "", columns) }
    /private static let period = / { period = $0; sub(/^[^"]*"/, "", period); sub(/"[^"]*$/, "", period) }
    index($0, name) { found = 1; next }
    found && /^ *"""/ { if (inside) exit; inside = 1; next }
    found && inside { text = text " " $0; next }
    found && !inside { text = $0; sub(/^[^"]*"/, "", text); sub(/"\)?[^"]*$/, "", text); exit }
    END { gsub(/\\\(columns\)/, columns, text); gsub(/\\\(period\)/, period, text); print text }' Sources/Broker/Audit/AuditEvent.swift
}
# A query as the broker puts it, from a random instant of the year on, as pgbench runs it and as its plan is shown. QUERY NAME STATEMENT VALUE…
audit_query() {
  local name=$1 text number
  text=$(audit_statement "$2")
  [ -n "$text" ] || fail "The statement $2 was not found."
  local first="(lpad(to_hex((extract(epoch from '$year_ago'::timestamptz + :day * interval '1 day') * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid"
  local values=("'$house_bank_uuid'::uuid" "$first" "'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid" "('$year_ago'::timestamptz + :day * interval '1 day')"
    "null::timestamptz" 51 "${@:3}")
  for ((number = ${#values[@]}; number >= 1; number--)); do text=${text//\$$number/${values[number - 1]}}; done
  {
    printf '%s\n' '\set day random(0, 360)' '\set who random(0, 499999)' '\startpipeline'
    printf '%s\n' "select set_config('yonjo.tenant_id', '$house_bank_uuid', true);" "$text;" '\endpipeline'
  } >"$scripts/audit-$name"
  {
    printf '%s\n' "begin; select set_config('yonjo.tenant_id', '$house_bank_uuid', true);"
    printf 'explain (analyze, buffers) %s;\ncommit;\n' "$text" | sed 's/:day/180/g; s/:who/4711/g'
  } >"$scripts/plan-$name"
}
audit_measure() { # NAME
  rm -f -- "$scripts"/log.*
  PGOPTIONS='-c synchronous_commit=on' "$postgresql/pgbench" --no-vacuum --protocol prepared --client 4 --jobs 2 --time "$seconds" --log \
    --log-prefix "$scripts/log" --file "$scripts/audit-$1" "$YONJO_APP_URL"
  cat "$scripts"/log.* | awk '{ print $3 / 1000 }' | sort -n | awk '{ a[NR] = $1 } END { print "p95=" a[int(NR * 0.95 + 0.5)] " count=" NR }'
  PGPASSFILE=/dev/null "$postgresql/psql" -X -q -v ON_ERROR_STOP=1 -d "$YONJO_APP_URL" -f "$scripts/plan-$1"
}

# What cannot be recorded is refused, and at once. SQL that breaks it amid look-ups (a token is an event, too), SQL that mends it.
unwritable() {
  local line asking
  "$programs/yonjo-bench" look-ups --cast "$house_cast" --enrolment "$run_directory/enrolment.json" --clients "$clients" --seconds 6 >"$run_directory/refused" &
  asking=$!
  sleep 2
  sql -c "$1"
  wait "$asking"
  sql -c "$2"
  line=$(grep '^rate=' "$run_directory/refused")
  case $line in *refused=0\ *) echo "error: nothing was refused: $line"; return 1 ;; esac
  awk -v line="$line" 'BEGIN {
    match(line, /refused=[0-9]+/); refused = substr(line, RSTART + 8, RLENGTH - 8)
    match(line, /slowest=[0-9.]+/); slowest = substr(line, RSTART + 8, RLENGTH - 8)
    printf "refusals: %d, the slowest after %.0f ms\n", refused, slowest; exit slowest + 0 >= 1000 }'
}
refusals() { sed -n 's/^refusals: //p' "$step_log"; }

bench_audit() {
  local began name line lag late peak actor no_right full_disk
  say "${bold}Yonjo, measured${plain}: $events audit events, $(nproc) processors"
  step "$configuration build (the first time takes a while)" build_release
  programs=$(swift build --configuration "$configuration" --show-bin-path)
  house_for_bench
  house_bank_uuid=$(sql -c "select tenant_id from tenants where name = 'Kiyose Bank'")
  year_ago=$(sql -c "select date_trunc('day', clock_timestamp() - interval '1 year')")
  began=$SECONDS
  step "$events events, recorded by SQL, the log's job beside it" fill_audit
  step "the rest taken into the log" wait_until_logged
  say "  the job took $(awk -v n="$events" -v s="$((SECONDS - began))" 'BEGIN { printf "%.0f", n / s }') events a second, recording them included"

  # To pgbench a colon begins a variable, within quotes, too.
  actor="'client' || chr(58) || 'cli_' || substr(md5('actor0' || (:who::int % 20)), 1, 26)"
  audit_query time list_audit_events
  audit_query kind list_audit_events_of_kind "'consentRevoked'" "null::text"
  audit_query common-kind list_audit_events_of_kind "'tagLookedUp'" "null::text"
  audit_query subject list_audit_events_of_subject "md5('subject' || :who)::uuid" "null::text" "null::text"
  audit_query actor list_audit_events_of_actor "$actor"
  results=()
  for name in time kind common-kind subject actor; do
    step "audit events by $name" audit_measure "$name"
    line=$(grep '^p95=' "$step_log" | tail -n 1)
    if grep -q 'Seq Scan on audit_events' "$step_log"; then fail "The query by $name reads the whole table."; fi
    results+=("$(awk -v name="$name" -v line="$line" -v scan="$(grep -oE 'using audit_events[a-z_]*' "$step_log" | head -n 1)" 'BEGIN {
      split(line, part, /[= ]/); printf "%-14s %10.2f ms   %s, %d queries", name, part[2], scan, part[4] }')")
  done
  step "tag look-ups, the log's job beside them" broker_run look-up
  peak=$(grep '^rate=' "$step_log" | tail -n 1 | sed -E 's/^rate=([0-9.]+).*/\1/')
  lag=$(($(recorded) - $(logged)))
  sleep 1
  late=$(($(recorded) - $(logged)))
  step "look-ups without the right to insert events" unwritable "revoke insert on audit_events from yonjo_app" "grant insert on audit_events to yonjo_app"
  no_right=$(refusals)
  step "look-ups while the disk is full (SQLSTATE 53100)" unwritable "
    create function full_disk() returns trigger language plpgsql as \$\$ begin raise exception 'full' using errcode = '53100'; end \$\$;
    create trigger full_disk before insert on audit_events for each row execute function full_disk()" "
    drop trigger full_disk on audit_events; drop function full_disk"
  full_disk=$(refusals)
  say ""
  printf '%-14s %13s\n' "GET by" "95 % within"
  printf '%s\n' "${results[@]}"
  say ""
  say "Look-ups $peak a second; right after them $lag events were not in the log yet, a second later $late.
Look-ups amid which events can no longer be written, refused, and the slowest answer: without the right $no_right; disk full $full_disk (wanted: under 1000 ms)."
}
