# Sourced by the commands of Deploy/: what they print, how they time, how they end.
# Colours only on a terminal (and never with NO_COLOR); plain lines otherwise.

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
  bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' yellow=$'\e[33m' plain=$'\e[0m' on_terminal=1
else
  bold='' dim='' green='' red='' yellow='' plain='' on_terminal=''
fi

say() { printf '%s\n' "$*"; }
note() { printf '%s%s%s\n' "$dim" "$*" "$plain"; }
warn() { printf '%s%s%s\n' "$yellow" "$*" "$plain" >&2; }
fail() {
  printf '%s%s%s\n' "$red" "$*" "$plain" >&2
  exit 1
}

# --- leaving: everything registered is undone in reverse order, whatever ended the command -----------------------------
exit_actions=()
on_exit() { exit_actions+=("$(printf '%q ' "$@")"); }

leave() {
  local status=$? index
  set +e
  trap - EXIT
  trap '' INT TERM HUP
  for ((index = ${#exit_actions[@]} - 1; index >= 0; index--)); do
    eval "${exit_actions[index]}"
  done
  exit "$status"
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# The whole group of a child that we started ourselves; nothing is ever ended by name.
end_group() {
  local pid=$1 tenths
  kill -0 -- "-$pid" 2>/dev/null || return 0
  kill -TERM -- "-$pid" 2>/dev/null || true
  for ((tenths = 0; tenths < ${2:-100}; tenths++)); do
    kill -0 -- "-$pid" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL -- "-$pid" 2>/dev/null || true
}

# background DIRECTORY NAME COMMAND…: a process group of its own, its id in $background_pid and in DIRECTORY/processes, its output in
# DIRECTORY/logs/NAME.log. It outlives the step that starts it; end_processes ends it.
background() {
  local directory=$1 name=$2
  shift 2
  background_log=$directory/logs/$name.log
  set -m
  nohup "$@" >>"$background_log" 2>&1 </dev/null &
  background_pid=$!
  set +m
  disown "$background_pid"
  printf '%s %s\n' "$background_pid" "$name" >>"$directory/processes"
}
# Ends what background has started for that directory, last first, if it is still the same program.
end_processes() {
  local directory=$1 pid name
  [ -s "$directory/processes" ] || return 0
  tac "$directory/processes" | while read -r pid name; do
    if { tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -q -- "$name"; then end_group "$pid"; fi
  done
  rm -f "$directory/processes"
}

# --- steps ------------------------------------------------------------------------------------------------------------
seconds_of() { printf '%d.%d' $(($1 / 10)) $(($1 % 10)); }
tenths_now() {
  local now=${EPOCHREALTIME/[.,]/}
  printf '%s' $((now / 100000))
}
finished() { # TITLE TENTHS
  printf '%s✓%s %-64s %7s s\n' "$green" "$plain" "$1" "$(seconds_of "$2")"
}

# What the log says now, in one short line: the build's own [12/345] or the last test.
last_line() { tail -c 4000 "$1" 2>/dev/null | tr '\r' '\n' | grep -av '^[[:space:]]*$' | tail -n 1 | cut -c1-100; }

# step TITLE COMMAND…: runs it with its output in a log; shows progress; on failure shows what matters of the log.
# The command runs in its own process group, so that Ctrl-C and the hard stop reach all of it at once.
step() {
  local title=$1 log pid status started elapsed shown=0
  shift
  log=$(mktemp "$logs_directory/step-XXXXXX.log")
  step_log=$log
  started=$(tenths_now)
  set -m
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  set +m
  running_group=$pid
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.2
    elapsed=$(($(tenths_now) - started))
    if [ -n "$on_terminal" ] && [ $((elapsed / 10)) -gt "$shown" ]; then
      shown=$((elapsed / 10))
      printf '\r\e[K… %s  %s%ss  %s%s' "$title" "$dim" "$shown" "$(last_line "$log")" "$plain"
    elif [ -z "$on_terminal" ] && [ $((elapsed / 10)) -ge $((shown + 30)) ]; then
      shown=$((elapsed / 10))
      printf '  … %s: %s s  %s\n' "$title" "$shown" "$(last_line "$log")"
    fi
  done
  status=0
  wait "$pid" 2>/dev/null || status=$?
  running_group=''
  [ -z "$on_terminal" ] || printf '\r\e[K'
  elapsed=$(($(tenths_now) - started))
  if [ "$status" -ne 0 ]; then
    printf '%s✗ %s (exit %s after %s s)%s\n' "$red" "$title" "$status" "$(seconds_of "$elapsed")" "$plain"
    show_failure "$log"
    return "$status"
  fi
  finished "$title" "$elapsed"
}
running_group=''
end_running() { [ -z "$running_group" ] || end_group "$running_group" 50; }
on_exit end_running

# The lines that explain a failure first, then the end of the log.
show_failure() {
  local log=$1
  # Failed tests before all else: among a thousand tests that pass some speak of errors, too.
  { grep -anE '✘' "$log" || true; grep -anE '(error|FAILED|Fatal|failed)' "$log" | grep -avE '✘|error: fatalError$' || true; } |
    cut -c1-400 | head -n 40 | sed 's/^/    /'
  say "    ── the last lines of the log"
  tail -n 25 "$log" | cut -c1-400 | sed 's/^/    /'
}

# here TITLE FUNCTION…: as step, and what the function has set of YONJO_… (exported) and house_… is known afterwards.
here() {
  local title=$1 variables=$logs_directory/variables
  shift
  step "$title" with_variables "$variables" "$@"
  . "$variables"
}
with_variables() {
  local file=$1 name
  shift
  "$@"
  for name in ${!YONJO_@}; do printf 'export %s=%q\n' "$name" "${!name}"; done >"$file"
  for name in ${!house_@}; do printf '%s=%q\n' "$name" "${!name}"; done >>"$file"
}

# hard_stop MINUTES: a watchdog in its own group; the command ends with 143 and cleans up behind itself.
hard_stop() {
  local minutes=$1 parent=$$
  set -m
  (
    sleep $((minutes * 60))
    printf 'Hard stop after %s minutes.\n' "$minutes" >&2
    kill -TERM "$parent"
  ) </dev/null >&2 &
  local watchdog=$!
  set +m
  disown "$watchdog"
  on_exit end_group "$watchdog" 5
}
