# Sourced by bench: what a list as large as the nation's costs. Needs what bench has defined.

# A figure of one line of name=value.
figure() { sed -nE "s/^$1:? .*\b$2=([0-9.]+).*/\1/p" <<<"$3" | head -n 1; }

make_list() { # STATE KIND FILE [NUMBER]
  "$programs/jlis-simulator" list --state "$1" --kind "$2" --entries "$entries" ${4:+--number "$4"} --out "$3"
}
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
# The median p99 of three runs.
p99_of() { grep -oE 'p99=[0-9.]+' <<<"$1" | cut -d= -f2 | sort -g | sed -n 2p; }
sync_from() { YONJO_REVOCATION_LIST_DIRECTORY=$1 "$programs/yonjo" revocation sync; }
# Lists newer than those in force, for as many rounds as one run of logins may need.
make_newer() { # FIRST NUMBER
  local kind file number=$1
  rm -rf -- "$run_directory/newer"
  for round in 1 2; do
    mkdir -p -m 0700 "$run_directory/newer/$round"
    for kind in signing authentication; do
      file=sign.crl
      if [ "$kind" = authentication ]; then file=auth.crl; fi
      make_list "$list_state" "$kind" "$run_directory/newer/$round/$file" "$number"
    done
    number=$((number + 1))
  done
  # What is measured next does not wait for their way to the disk.
  sync
}
# Puts newer lists in force, as servers map them, until it is told to stop.
sync_newer() {
  local round
  for round in 1 2; do
    if [ -e "$run_directory/enough" ]; then return; fi
    sync_from "$run_directory/newer/$round" >/dev/null && printf x >>"$run_directory/rounds"
  done
  : >"$run_directory/ran-out"
}

bench_crl() {
  local found alone='' beside='' peak quarter beside_pid round number
  say "${bold}Yonjo, measured${plain}: a revocation list of $entries entries, $(nproc) processors"
  step "release build (the first time takes a while)" build_release
  programs=$(swift build --configuration release --show-bin-path)
  lists=$run_directory/lists
  list_state=$run_directory/jlis
  mkdir -m 0700 "$lists"
  if [ -n "$logins" ]; then house_for_bench; fi
  step "a list, generated and signed" make_list "$list_state" signing "$lists/sign.crl"
  number=$("$programs/yonjo" crl inspect "$lists/sign.crl" --issuer "$list_state/trust/sign_sim.pem" --environment simulator --json |
    sed -nE 's/.*"number" ?: ?([0-9]+).*/\1/p')
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

  step "the same of authentication certificates" make_list "$list_state" authentication "$lists/auth.crl" "$number"
  step "both put in force" sync_from "$lists"
  wait_for 60 list_in_use
  step "logins, as many as the broker answers" login_run
  peak=$(login_line)
  quarter=$(awk -v rate="$(sed -E 's/^rate=([0-9.]+).*/\1/' <<<"$peak")" 'BEGIN { printf "%d", rate / 4 }')
  # In turns: what else the machine does meets both alike.
  for round in 1 2 3; do
    step "$quarter logins a second, nothing beside" login_run "$quarter"
    alone+=" $(login_line)"
    step "newer lists, generated and signed" make_newer "$((number + 1))"
    number=$((number + 2))
    rm -f -- "$run_directory/enough" "$run_directory/ran-out"
    sync_newer &
    beside_pid=$!
    step "$quarter logins a second, lists being indexed beside" login_run "$quarter"
    beside+=" $(login_line)"
    if [ -e "$run_directory/ran-out" ]; then fail "The lists ran out before the logins."; fi
    : >"$run_directory/enough"
    wait "$beside_pid" || true
  done
  case "$alone $beside" in *refused=[1-9]*) fail "The broker refused logins: $alone; $beside" ;; esac
  say ""
  awk -v a="$(p99_of "$alone")" -v b="$(p99_of "$beside")" -v rate="$quarter" -v rounds="$(wc -c <"$run_directory/rounds")" 'BEGIN {
      printf "99 %% of %d logins a second within %.2f ms; with newer lists being put in force beside (%d times both) %.2f ms: %.2f times (wanted: at most 1.5)\n", rate, a, rounds, b, b / a
      printf "Each the median of three runs, taken in turns. A list that replaces one in force is read at an eighth of the time.\n"
    }'
}
