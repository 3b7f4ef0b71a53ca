# Sourced by bench: what a list as large as the nation's costs. Needs what bench has defined.

# A figure of one line of name=value.
figure() { sed -nE "s/^$1:? .*\b$2=([0-9.]+).*/\1/p" <<<"$3" | head -n 1; }

make_list() { "$programs/jlis-simulator" list --state "$1" --kind "$2" --entries "$entries" --out "$3"; }
measure_list() {
  "$programs/yonjo-bench" list --list "$lists/sign.crl" --issuer "$list_state/trust/sign_sim.pem" --index "$run_directory/list.index" --programs "$programs"
}
login_run() { # RATE
  local rest=(--prepared "$((seconds * 2500))")
  if [ -n "${1:-}" ]; then rest=(--rate "$1" --prepared "$(((seconds + 3) * $1 + clients))"); fi
  "$programs/yonjo-bench" logins "${rest[@]}" --cast "$house_cast" --enrolment "$run_directory/enrolment.json" --clients "$clients" --seconds "$seconds"
}
login_line() { grep '^rate=' "$step_log" | tail -n 1; }
list_in_use() {
  curl --silent --cacert "$house_secrets/tls/ca.pem" "$house_address/metrics" |
    awk -v least="$entries" '/^yonjo_revocation_list_entries\{kind="authentication"\}/ { if ($2 + 0 >= least) found = 1 } END { exit !found }'
}
sync_into() { YONJO_REVOCATION_LIST_DIRECTORY=$lists YONJO_REVOCATION_DIRECTORY=$1 "$programs/yonjo" revocation sync; }
# Builds both indexes over and over, each time into an empty directory, until it is told to stop.
sync_without_end() {
  local round=0
  while [ ! -e "$run_directory/enough" ]; do
    rm -rf -- "$run_directory/beside"
    sync_into "$run_directory/beside" >/dev/null && round=$((round + 1))
    printf '%s\n' "$round" >"$run_directory/rounds"
  done
}

bench_crl() {
  local found alone beside peak quarter beside_pid
  say "${bold}Yonjo, measured${plain}: a revocation list of $entries entries, $(nproc) processors"
  step "release build (the first time takes a while)" build_release
  programs=$(swift build --configuration release --show-bin-path)
  lists=$run_directory/lists
  list_state=$run_directory/jlis
  mkdir -m 0700 "$lists"
  if [ -n "$logins" ]; then house_for_bench; fi
  step "a list, generated and signed" make_list "$list_state" signing "$lists/sign.crl"
  say "  $(stat -c %s "$lists/sign.crl") bytes"
  step "ours and OpenSSL's" measure_list
  found=$(cat "$step_log")
  say ""
  awk -v a="$(figure ours seconds "$found")" -v b="$(figure openssl seconds "$found")" -v m="$(figure ours anonymous "$found")" \
    -v n="$(figure openssl anonymous "$found")" -v l="$(figure look-up nanoseconds "$found")" 'BEGIN {
      printf "%-34s %14s %14s %10s\n", "", "ours", "OpenSSL", "ratio"
      printf "%-34s %12.2f s %12.2f s   1 / %.1f   (wanted: 1 / 10)\n", "time", a, b, b / a
      printf "%-34s %10.1f MiB %10.1f MiB   1 / %.1f   (wanted: 1 / 20)\n", "anonymous memory at most", m / 1048576, n / 1048576, n / m
      printf "%-34s %11.0f ns %26s (wanted: below 1000 ns)\n", "a look-up", l, ""
    }'
  say ""
  say "Ours: yonjo crl index, the whole process: signature verified over the file, entries read and sorted in parts, index written, synced, renamed."
  say "OpenSSL: d2i_X509_CRL alone, the file mapped. Anonymous memory: RssAnon, looked at every 2 ms. Look-ups: random serials, the index mapped."
  [ -n "$logins" ] || return 0

  step "the same of authentication certificates" make_list "$list_state" authentication "$lists/auth.crl"
  step "both put in force" sync_into "$YONJO_REVOCATION_DIRECTORY"
  wait_for 60 list_in_use
  step "logins, as many as the broker answers" login_run
  peak=$(login_line)
  quarter=$(awk -v rate="$(sed -E 's/^rate=([0-9.]+).*/\1/' <<<"$peak")" 'BEGIN { printf "%d", rate / 4 }')
  step "$quarter logins a second, nothing beside" login_run "$quarter"
  alone=$(login_line)
  rm -f -- "$run_directory/enough"
  sync_without_end &
  beside_pid=$!
  step "$quarter logins a second, lists being indexed beside" login_run "$quarter"
  beside=$(login_line)
  : >"$run_directory/enough"
  wait "$beside_pid" || true
  case "$alone $beside" in *refused=[1-9]*) fail "The broker refused logins: $alone; $beside" ;; esac
  say ""
  awk -v a="$(sed -E 's/.*p99=([0-9.]+).*/\1/' <<<"$alone")" -v b="$(sed -E 's/.*p99=([0-9.]+).*/\1/' <<<"$beside")" -v rate="$quarter" \
    -v rounds="$(cat "$run_directory/rounds" 2>/dev/null || echo 0)" 'BEGIN {
      printf "99 %% of %d logins a second within %.2f ms; with lists being indexed beside (%d rounds of both ended) %.2f ms: %.2f times (wanted: at most 1.5)\n", rate, a, rounds, b, b / a
    }'
}
