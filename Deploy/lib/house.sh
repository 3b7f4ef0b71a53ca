# Sourced by quickstart, test and bench: a broker and a simulated J-LIS on this machine, with a bank and a fintech as tenants.
# Needs output.sh, system.sh, cluster.sh, a started cluster, and $programs (the directory of the built programs).

# house_start DIRECTORY: everything of it lies there. Leaves $house_address, $house_secrets, $house_cast …; end_processes ends it.
house_start() {
  house_directory=$1
  house_secrets=$1/secrets
  house_state=$1/jlis
  house_cast=$house_secrets/cast.json
  mkdir -p -m 0700 "$house_secrets"
  house_make_keys
  house_start_simulator
  house_configure
  house_start_broker
  house_make_tenants
  house_write_cast
  house_write_examples
}

# Private keys that their owner alone reads; TLS by an authority of this run's own.
house_make_keys() {
  local name
  (
    umask 077
    for name in bank ledger compliance fintech ledger-key evidence; do
      openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$house_secrets/$name.pem"
      openssl pkey -in "$house_secrets/$name.pem" -pubout -out "$house_secrets/$name.pub.pem"
    done
  )
  "$programs/jlis-simulator" tls --out "$house_secrets/tls" --name localhost --name 127.0.0.1
  "$programs/yonjo" keys root --out "$house_secrets/root.key"
}

house_start_simulator() {
  free_port
  house_jlis_http=$port
  free_port
  house_jlis_tls=$port
  background "$house_directory" jlis-simulator "$programs/jlis-simulator" serve \
    --state "$house_state" --http-port "$house_jlis_http" --tls-port "$house_jlis_tls" --ready-file "$house_directory/jlis.ready"
  wait_for 60 test -s "$house_directory/jlis.ready"
}

# The settings of every command of this house, in a file that a newcomer can source as well.
house_configure() {
  free_port
  house_port=$port
  house_address=https://localhost:$house_port
  (
    umask 077
    cat >"$house_secrets/environment" <<ENVIRONMENT
export YONJO_DATABASE_URL='$YONJO_APP_URL'
export YONJO_JOBS_DATABASE_URL='$YONJO_JOBS_URL'
export YONJO_OPERATOR_DATABASE_URL='$YONJO_OPERATOR_URL'
export YONJO_OWNER_DATABASE_URL='$YONJO_OWNER_URL'
export YONJO_ROOT_KEY_FILE='$house_secrets/root.key'
export YONJO_ISSUER='$house_address'
export YONJO_HOST=127.0.0.1
export YONJO_PORT=$house_port
export YONJO_TLS_CERTIFICATE_FILE='$house_secrets/tls/server.pem'
export YONJO_TLS_KEY_FILE='$house_secrets/tls/server.key'
export YONJO_TRUST_ENVIRONMENT=simulator
export YONJO_TRUST_DIRECTORY='$house_state/trust'
export YONJO_JLIS_URL='https://localhost:$house_jlis_tls'
export YONJO_JLIS_REVOCATION_URL='http://127.0.0.1:$house_jlis_http'
export YONJO_JLIS_TRUST_FILE='$house_state/tls/ca.pem'
export YONJO_JLIS_CERTIFICATE_FILE='$house_state/tls/broker.pem'
export YONJO_JLIS_KEY_FILE='$house_state/tls/broker.key'
export YONJO_CONSOLE_PROVIDER_TRUST_FILE='$house_secrets/tls/ca.pem'
export YONJO_REVOCATION_DIRECTORY='$house_directory/revocation'
# Its private half would lie offline.
export YONJO_EVIDENCE_PUBLIC_KEY_FILE='$house_secrets/evidence.pub.pem'
export YONJO_MIGRATIONS_DIRECTORY='$PWD/Migrations'
# The simulator tells a revocation at once; answers kept until their nextUpdate would hide it for a quarter of an hour.
export YONJO_OCSP_CACHE_ENTRIES=0
ENVIRONMENT
  )
  . "$house_secrets/environment"
}

house_start_broker() {
  "$programs/yonjo" migrate
  "$programs/yonjo" keys init
  "$programs/yonjo" revocation sync
  background "$house_directory" revocation "$programs/yonjo" revocation sync --interval 15
  background "$house_directory" yonjo "$programs/yonjo" serve
  wait_for 60 curl --silent --fail --cacert "$house_secrets/tls/ca.pem" "$house_address/readyz"
}

# A member of one JSON object on stdin, as --json prints it.
json_member() { sed -nE "s/.*\"$1\"[[:space:]]*:[[:space:]]*\"([^\"]*)\".*/\1/p" | head -n 1; }

# What the operator does for new tenants. They are born notVerifier; that the bank entrusts its whole verification is said expressly.
house_make_tenants() {
  house_bank=$("$programs/yonjo" tenant create --json --name 'Kiyose Bank' --status deemedVerifier \
    --registered-key "$house_secrets/ledger-key.pub.pem" --revocation-policy "${YONJO_HOUSE_REVOCATION_POLICY:-ocspThenCrl}" \
    --tag-scheme "${YONJO_HOUSE_TAG_SCHEME:-hmac}" \
    --service-id accounts --service-name 'Accounts' --jlis-service-id SIM-BANK-1 | json_member id)
  house_fintech=$("$programs/yonjo" tenant create --json --name 'Quick Remit' \
    --service-id remittance --service-name 'Remittance' --jlis-service-id SIM-FINTECH-1 | json_member id)
  house_clients=''
  house_make_client bank "$house_bank" https://bank.example 'onboarding login documents matching consents:read consents:write subjects latest-items events'
  house_make_client ledger "$house_bank" https://bank.example 'matching ledger'
  house_make_client compliance "$house_bank" https://bank.example 'consents:read audit:read'
  house_make_client fintech "$house_fintech" https://fintech.example 'onboarding login documents matching consents:read consents:write subjects events latest-items'
}
house_make_client() { # ROLE TENANT ORIGIN SCOPES
  local id
  id=$("$programs/yonjo" client create --json --tenant "$2" --name "$1" --origin "$3" --scope "$4" --key "$house_secrets/$1.pub.pem" | json_member id)
  if [ "$1" = ledger ]; then house_ledger_client=$id; fi
  house_clients="$house_clients${house_clients:+,}\"$1\":{\"id\":\"$id\",\"keyFile\":\"$house_secrets/$1.pem\"}"
}

house_write_cast() {
  (
    umask 077
    cat >"$house_cast" <<CAST
{
  "broker": "$house_address",
  "trustFile": "$house_secrets/tls/ca.pem",
  "bank": {"id": "$house_bank", "origin": "https://bank.example", "serviceId": "accounts"},
  "fintech": {"id": "$house_fintech", "origin": "https://fintech.example", "serviceId": "remittance"},
  "clients": {$house_clients},
  "ledgerKeyFile": "$house_secrets/ledger-key.pem",
  "simulatorState": "$house_state"
}
CAST
  )
}

# What a newcomer can try: the bank's ledger as a file, and the settings of the machine beside it. Nobody in it exists.
house_write_examples() {
  cat >"$house_directory/ledger.csv" <<'LEDGER'
ref,name,address,dateOfBirth,sex
C-1001,四情 太郎,東京都清瀬市四季町1-2-3,昭和63年11月23日,男
C-1002,四情 はな子,東京都清瀬市四季町1-2-3,1990-04-01,女
LEDGER
  cat >"$house_directory/changes.csv" <<'CHANGES'
ref,before.name,before.address,before.dateOfBirth,before.sex,after.name,after.address,after.dateOfBirth,after.sex
C-1001,四情 太郎,東京都清瀬市四季町1-2-3,昭和63年11月23日,男,四情 太郎,神奈川県横浜市中区汐風町4-5-6,昭和63年11月23日,男
CHANGES
  cat >>"$house_secrets/environment" <<ENVIRONMENT
export YONJO_LEDGER_URL='$house_address'
export YONJO_LEDGER_CA='$house_secrets/tls/ca.pem'
export YONJO_LEDGER_CLIENT_ID='$house_ledger_client'
export YONJO_LEDGER_KEY='$house_secrets/ledger.pem'
export YONJO_LEDGER_REGISTERED_KEY='$house_secrets/ledger-key.pem'
export PATH='$programs':"\$PATH"
ENVIRONMENT
}

# house_tell …: the story, with yonjo-story's own options.
house_tell() { "$programs/yonjo-story" --cast "$house_cast" "$@"; }

# Where everything is, for someone who keeps it running.
house_explain() {
  cat <<TEXT
Still running; everything lies in $house_directory
  broker           $house_address   (its authority: secrets/tls/ca.pem)
  console          $house_address/console   (yonjo staff create, below, makes an account; the browser knows the authority once you import it)
  simulated J-LIS  http://127.0.0.1:$house_jlis_http (OCSP, CRL), https://localhost:$house_jlis_tls (mutual TLS)
  PostgreSQL       socket in $YONJO_PG_SOCKET
  credentials      secrets/: the clients' keys, root.key; secrets/environment sets up every command
  logs             logs/
Try
  . $house_secrets/environment
  yonjo doctor
  yonjo staff create --tenant $house_bank --name sato --role officer
  yonjo-ledger tag $house_directory/ledger.csv
  yonjo-story --cast $house_cast --brief
Stop it with
  Deploy/quickstart --stop $house_directory
TEXT
}

# house_stop DIRECTORY: what --keep has left running.
house_stop() {
  local directory=${1%/}
  case $directory in
    */yonjo-??????) ;;
    *) fail "$directory is not a directory of quickstart's." ;;
  esac
  [ -d "$directory/logs" ] || fail "There is no $directory."
  end_processes "$directory"
  cluster_stop "$directory/cluster"
  remove_run_directory "$directory"
  say "Stopped and removed $directory."
}
