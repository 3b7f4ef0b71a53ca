# Sourced by bench: what canonical forms, tags and the comparison of two days' ledgers cost at the bank. Needs what bench has defined.

build_ledger_release() { swift build --configuration release --product yonjo-bench 2>&1 && swift build --configuration release --product yonjo-ledger 2>&1; }
measure_canonical() { "$programs/yonjo-bench" canonical; }
make_ledgers() { # ROWS
  "$programs/yonjo-bench" ledger --rows "$1" --out "$ledgers/old.csv"
  "$programs/yonjo-bench" ledger --rows "$1" --day 1 --out "$ledgers/new.csv"
}
# A key of the bank's and a tag key wrapped to it, as the broker would hand it over.
make_ledger_key() {
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$ledgers/key.pem"
  "$programs/yonjo-bench" tag-keys --key "$ledgers/key.pem" --out "$ledgers/tag-keys.json"
}
# timed NAME COMMAND…: seconds and largest resident memory (VmHWM) of a command, as NAME_seconds and NAME_memory in KiB.
timed() {
  local name=$1 started ended pid peak=0 seen
  shift
  started=$(date +%s.%N)
  "$@" >/dev/null 2>&1 &
  pid=$!
  while seen=$(awk '/^VmHWM:/ { print $2 }' "/proc/$pid/status" 2>/dev/null) && [ -n "$seen" ]; do
    peak=$seen
    sleep 0.02
  done
  wait "$pid" || fail "$* ended with $?."
  ended=$(date +%s.%N)
  printf -v "${name}_seconds" '%s' "$(awk -v a="$started" -v b="$ended" 'BEGIN { print b - a }')"
  printf -v "${name}_memory" '%s' "$peak"
}

bench_canonical() {
  local line count share
  say "${bold}Yonjo, measured${plain}: a ledger of $rows rows, $(nproc) processors"
  step "release build (the first time takes a while)" build_ledger_release
  programs=$(swift build --configuration release --show-bin-path)
  ledgers=$run_directory/ledgers
  mkdir -m 0700 "$ledgers"
  step "canonical form and tag beside HMAC" measure_canonical
  line=$(grep '^canonical:' "$step_log" | tail -n 1)
  step "a tag key" make_ledger_key
  results=()
  for share in 100 10 1; do
    count=$((rows / share))
    [ "$count" -gt 0 ] || continue
    step "two days' ledgers of $count rows" make_ledgers "$count"
    here "tag" timed house_tag "$programs/yonjo-ledger" tag "$ledgers/old.csv" --output "$ledgers/old.tags" --tag-keys "$ledgers/tag-keys.json" --registered-key "$ledgers/key.pem"
    here "diff" timed house_diff "$programs/yonjo-ledger" diff "$ledgers/old.csv" "$ledgers/new.csv" --output "$ledgers/changes" --tag-keys "$ledgers/tag-keys.json" --registered-key "$ledgers/key.pem"
    results+=("$(awk -v n="$count" -v ts="$house_tag_seconds" -v tm="$house_tag_memory" -v ds="$house_diff_seconds" -v dm="$house_diff_memory" 'BEGIN {
      printf "%10d rows   tag %8.0f rows/s %6.1f MiB   diff %8.0f rows/s %6.1f MiB", n, n / ts, tm / 1024, 2 * n / ds, dm / 1024 }')")
  done
  say ""
  sed -E 's|canonical: tagged=([0-9]+) hmac=([0-9]+) ratio=([0-9.]+) bytes=([0-9]+)|canonicalised and tagged on one core: \1 rows/s; HMAC alone over the same \4 bytes a row: \2 /s; ratio \3 (wanted: at least 0.3)|' <<<"$line"
  printf '%s\n' "${results[@]}"
  say ""
  say "One core: processor time of one thread, rows in memory as bytes of UTF-8, medians of eleven rounds in turns. HMAC: swift-crypto's"
  say "HMAC<SHA256>.authenticationCode(for:using:). tag and diff: from file to file on all cores, wall clock, start and keys included; memory: VmHWM."
}
