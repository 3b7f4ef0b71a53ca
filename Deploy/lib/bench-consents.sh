# Sourced by bench: what compliance asks among millions of consents. Needs what bench has defined.

load_consents() {
  sql -v tenant="$house_bank_uuid" -v consents="$consents" -v selectionsOfOthers=20000 -f Deploy/lib/consents.sql
  sql -c 'vacuum (analyze) consents, consent_events, subjects, consent_selections'
}
ask() { "$programs/yonjo-bench" consents --cast "$house_cast" --times "$times"; }
# Asks with the server telling the plan of everything that the broker runs: the tables that grow are reached by an index.
plans() {
  local found before
  before=$(wc -c <"$YONJO_CLUSTER_DIR/data/server.log")
  sql -c "alter role yonjo_app set session_preload_libraries = auto_explain; alter role yonjo_app set auto_explain.log_min_duration = 0"
  restart_broker
  "$programs/yonjo-bench" consents --cast "$house_cast" --times 12
  sql -c "alter role yonjo_app reset session_preload_libraries; alter role yonjo_app reset auto_explain.log_min_duration"
  restart_broker
  tail -c "+$((before + 1))" "$YONJO_CLUSTER_DIR/data/server.log" >"$run_directory/plans"
  found=$(grep -cE 'Index (Only )?Scan .*on consent' "$run_directory/plans")
  [ "$found" -gt 0 ] || { echo "error: no plan was told"; return 1; }
  if grep -E 'Seq Scan on (consents|consent_events|consent_selections|subjects|audit_events)\b' "$run_directory/plans"; then
    echo "error: a query reads a whole table"
    return 1
  fi
  echo "plans=$found"
}
# What the job that counts has to do once, for all the years at once.
counted() { [ "$(sql -c "select count(*) from consent_counts where day >= current_date - 2")" -gt 0 ]; }

bench_consents() {
  local found
  say "${bold}Yonjo, measured${plain}: questions among $consents consents, $(nproc) processors"
  step "$configuration build (the first time takes a while)" build_release
  programs=$(swift build --configuration "$configuration" --show-bin-path)
  on_exit cluster_stop "$run_directory/cluster"
  here "private PostgreSQL" cluster_start "$run_directory/cluster"
  on_exit end_processes "$run_directory"
  here "simulated J-LIS, broker, a bank and a fintech" house_start "$run_directory"
  house_bank_uuid=$(sql -c "select tenant_id from tenants where name = 'Kiyose Bank'")
  step "$consents consents with their histories" load_consents
  say "  $(sql -c "select count(*) || ' consents, ' || (select count(*) from consent_events) || ' events' from consents")"
  here "counted by the job" wait_for 900 counted
  step "the plans of each question" plans
  found=$(sed -n 's/^plans=//p' "$step_log")
  step "each question $times times" ask
  say ""
  cat "$step_log"
  say ""
  say "HTTPS, one question at a time, on the same machine; wanted: 95 % within 50 ms each. Each leaves its audit event, synchronously committed.
Plans (auto_explain): $found times a table of consents was reached by an index, never by a sequential scan."
}
