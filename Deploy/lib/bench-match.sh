# Sourced by bench: hash matching. Needs what bench has defined.

value_of() { sed -nE "s/.*\b$1=([0-9.]+).*/\1/p" <<<"$2" | head -n 1; }
# Memory of the broker's own at most since it was started, files that it maps left out.
broker_memory() { awk '/^RssAnon:/ { print $2 * 1024 }' "/proc/$(broker_pid)/status"; }
broker_peak() { awk '/^VmHWM:/ { print $2 * 1024 }' "/proc/$(broker_pid)/status"; }
# Pairs until there are so many, with random tags on both sides; the index is made when all are there.
fill_pairs() { # PAIRS
  sql -v tenant="$house_bank_uuid" -v rows="$1" <<'SQL'
set session_replication_role = replica;
set maintenance_work_mem = '1GB';
set synchronous_commit = off;
select greatest(:rows - count(*), 0) as lacking from pairs where tenant_id = :'tenant' \gset
alter table pair_tags drop constraint pair_tags_pkey;
drop index pair_tags_by_pair;
drop index pair_tags_by_digest;
-- Ids sort by time, as the broker's do.
create temporary table filler as
  select (lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') || '7' || substr(md5('subject' || i), 14))::uuid as subject,
    (lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') || '7' || substr(md5('pair' || i), 14))::uuid as pair
  from generate_series(1, :lacking) i;
insert into subjects (tenant_id, subject_id, created_at) select :'tenant', subject, clock_timestamp() from filler;
insert into pairs (tenant_id, pair_id, subject_id, state, created_at, updated_at)
  select :'tenant', pair, subject, 'active', clock_timestamp(), clock_timestamp() from filler;
insert into pair_tags (tenant_id, side, stored_tag, pair_id, key_version, tag_digest)
  select :'tenant', side, '\x0100000001'::bytea || sha256(uuid_send(gen_random_uuid())) || uuid_send(gen_random_uuid()), pair, 1, gen_random_uuid()
  from filler, unnest(array['card', 'ledger']) as side;
drop table filler;
alter table pair_tags add primary key (tenant_id, side, stored_tag, pair_id);
create index pair_tags_by_pair on pair_tags (tenant_id, pair_id);
create index pair_tags_by_digest on pair_tags using hash (tag_digest);
vacuum (analyze) pair_tags;
vacuum (analyze) pairs;
checkpoint;
SQL
}

look_ups() { # SECONDS of the broker, known and unknown tags mixed
  "$programs/yonjo-bench" look-ups --cast "$house_cast" --enrolment "$run_directory/enrolment.json" --clients "$clients" --seconds "$1" --unknown 200000
}
batches() {
  "$programs/yonjo-bench" batches --cast "$house_cast" --enrolment "$run_directory/enrolment.json" --clients 4 --seconds "$seconds"
}
# The same number of tags as one file: copied, then joined once.
batch_baseline() {
  local started
  # The broker needs no temporary tables, so its role may not make any.
  sql -c "grant temporary on database yonjo to yonjo_app"
  started=$(tenths_now)
  PGOPTIONS='-c synchronous_commit=on' "$postgresql/psql" -X -q -v ON_ERROR_STOP=1 -d "$YONJO_APP_URL" <<SQL
begin;
select set_config('yonjo.tenant_id', '$house_bank_uuid', true) \g /dev/null
create temporary table wanted (number bigint, before_tag bytea, after_tag bytea, ref text) on commit drop;
\\copy wanted from '$run_directory/rows.tsv'
analyze wanted;
select count(p.pair_id) from wanted w left join pair_tags t on t.tenant_id = '$house_bank_uuid' and t.side = 'card' and t.stored_tag = w.before_tag
  left join pairs p on p.tenant_id = t.tenant_id and p.pair_id = t.pair_id;
commit;
SQL
  printf 'tenths=%s\n' $(($(tenths_now) - started))
}
# The same rows into a table that lasts, then one join that finds whom they concern.
changes_baseline() {
  local started
  sql -c "drop table if exists copied; create table copied (number bigint, before_tag bytea, after_tag bytea, ref text); grant all on copied to yonjo_app" >/dev/null
  started=$(tenths_now)
  PGOPTIONS='-c synchronous_commit=on' "$postgresql/psql" -X -q -v ON_ERROR_STOP=1 -d "$YONJO_APP_URL" <<SQL
\\copy copied from '$run_directory/rows.tsv'
begin;
select set_config('yonjo.tenant_id', '$house_bank_uuid', true) \g /dev/null
select count(p.pair_id) from copied c left join pair_tags t on t.tenant_id = '$house_bank_uuid' and t.side = 'ledger' and t.stored_tag = c.before_tag
  left join pairs p on p.tenant_id = t.tenant_id and p.pair_id = t.pair_id;
commit;
SQL
  printf 'tenths=%s\n' $(($(tenths_now) - started))
}
make_lines() { # LINES
  "$programs/yonjo-bench" lines --enrolment "$run_directory/enrolment.json" --lines "$1" --leaving 0 --out "$run_directory/lines.ndjson" --rows "$run_directory/rows.tsv"
  chmod 0644 "$run_directory/rows.tsv"
  rm -f -- "$run_directory/lines.ndjson.push.json"
}
push_lines() {
  local started
  . "$house_secrets/environment"
  started=$(tenths_now)
  "$programs/yonjo-ledger" push "$run_directory/lines.ndjson" --wait 3600 --json
  printf 'tenths=%s\n' $(($(tenths_now) - started))
}
guessing() { "$programs/yonjo-bench" guessing --seconds 3; }
tenths() { sed -nE 's/^tenths=([0-9]+)$/\1/p' "$step_log" | tail -n 1; }

bench_match() {
  local line small large count memory=() look_up batch_rate batch_base pushed pushed_base
  say "${bold}Yonjo, measured${plain}: hash matching, $clients clients, $seconds s each, $(nproc) processors"
  step "release build (the first time takes a while)" build_release
  programs=$(swift build --configuration release --show-bin-path)
  house_for_bench
  house_bank_uuid=$(sql -c "select tenant_id from tenants where name = 'Kiyose Bank'")
  step "pairs, until there are 100000" fill_pairs 100000
  here "pgbench's scripts" write_scripts

  results=()
  measure look-up "tag look-up"
  look_up=${results[0]}
  step "look-ups of known and unknown tags, 100000 pairs" look_ups "$seconds"
  small=$(grep '^rate=' "$step_log" | tail -n 1)

  make_lines "$changes"
  step "look-ups in batches of 1000" batches
  line=$(grep '^rate=' "$step_log" | tail -n 1)
  case $line in *refused=0*) ;; *) fail "The broker refused batches: $line" ;; esac
  batch_rate=$(awk -v r="$(value_of rate "$line")" 'BEGIN { print r * 1000 }')
  step "\\copy of $changes tags and one join" batch_baseline
  batch_base=$(awk -v n="$changes" -v t="$(tenths)" 'BEGIN { print n * 10 / t }')

  for count in $((changes / 10)) "$changes"; do
    step "$count lines made" make_lines "$count"
    restart_broker >/dev/null
    step "$count ledger changes pushed and applied" push_lines
    pushed=$(awk -v n="$count" -v t="$(tenths)" 'BEGIN { print n * 10 / t }')
    memory+=("$count lines: $(($(broker_peak) / 1048576)) MiB at most")
  done
  step "\\copy of the same rows and one join" changes_baseline
  pushed_base=$(awk -v n="$changes" -v t="$(tenths)" 'BEGIN { print n * 10 / t }')
  step "what guessing costs" guessing
  line=$(grep '^hmac=' "$step_log")

  large=''
  if [ "$pairs" -gt 100000 ]; then
    step "pairs, until there are $pairs" fill_pairs "$pairs"
    restart_broker >/dev/null
    step "caches warm" look_ups 10
    step "look-ups of known and unknown tags, $pairs pairs" look_ups "$seconds"
    large=$(grep '^rate=' "$step_log" | tail -n 1)
  fi

  say ""
  printf '%-34s %14s %16s %8s\n' "" broker PostgreSQL ratio
  say "$look_up   (wanted: 100 %)"
  awk -v a="$batch_rate" -v b="$batch_base" -v c="$pushed" -v d="$pushed_base" 'BEGIN {
    printf "%-34s %12.0f /s %14.0f /s   %6.2f   (wanted: 0.5)\n", "batch look-ups, tags", a, b, a / b
    printf "%-34s %12.0f /s %14.0f /s   %6.2f   (wanted: 0.5)\n", "ledger changes, lines", c, d, c / d }'
  printf 'Memory of the broker, %s\n' "${memory[@]}"
  if [ -n "$large" ]; then
    awk -v n="$pairs" -v a="$(value_of p99 "$small")" -v b="$(value_of p99 "$large")" -v r="$(value_of rate "$small")" -v s="$(value_of rate "$large")" 'BEGIN {
      printf "99 %% of look-ups within %.2f ms at 100000 pairs (%.0f /s), within %.2f ms at %d pairs (%.0f /s): %.2f times (wanted: at most 2)\n", a, r, b, n, s, b / a }'
  fi
  awk -v h="$(value_of hmac "$line")" -v v="$(value_of voprf "$line")" -v p=126000000 'BEGIN {
    printf "Guessing, one core: %.0f tags/s with an edge key (all %d million people in %.1f min), %.0f with the secret of voprf (%.1f h), 10 a second with an allowance of 600 a minute (%.0f days)\n", h, p / 1e6, p / h / 60, v, p / v / 3600, p / 10 / 86400 }'
  cat <<METHOD

Look-up: as in Deploy/bench, one transaction a look-up for pgbench (set tenant; look up, insert the audit event), synchronous_commit=on, $clients clients on
both sides, pgbench before and after. Batches: POST /v1/matches/tags/batch, 1000 tags each of which one in a hundred is known, 4 connections; beside it psql \\copy of
$changes tags into a temporary table and one join with pairs, begin to end. Ledger changes: yonjo-ledger push of $changes lines over HTTPS to the job's end,
each with a tag before, one after and a reference, nobody known; beside it \\copy of the same rows into a table and one join with pairs. Memory: VmHWM of
a broker started anew for each push. Known and unknown: the $citizens enrolled tags and 200000 that nobody has, so that each look-up reads another leaf
of the index. Guessing: tags of canonical forms at hand, 3 s on one core.
METHOD
}
