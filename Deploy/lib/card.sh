# Sourced by card-signature and test: a card behind PKCS#11, as a reader sees it. SoftHSM stands in for the card; nothing else differs.
# Needs output.sh, system.sh, house.sh, a started house, $programs.

# The module that speaks to the card; with a real one it is OpenSC's, opensc-pkcs11.so.
card_module() {
  local module
  for module in /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so; do
    if [ -e "$module" ]; then
      printf '%s' "$module"
      return 0
    fi
  done
  fail "SoftHSM's module libsofthsm2.so is not where Debian's package softhsm2 puts it."
}

# card_make DIRECTORY: an empty token there, and two keys made on it that never leave it, numbered as OpenSC numbers the card's: 01 authenticates, 02 signs.
card_make() {
  card_directory=$1
  mkdir -p -m 0700 "$card_directory/tokens"
  printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n' \
    "$card_directory/tokens" >"$card_directory/softhsm2.conf"
  export SOFTHSM2_CONF=$card_directory/softhsm2.conf
  card_library=$(card_module)
  card_pin=123456
  softhsm2-util --init-token --free --label card --so-pin "$card_pin$card_pin" --pin "$card_pin"
  local id
  for id in 01 02; do
    card_tool --login --pin "$card_pin" --keypairgen --key-type rsa:2048 --label "key $id" --id "$id"
    card_tool --read-object --type pubkey --id "$id" --output-file "$card_directory/$id.pub.der"
  done
}
card_tool() { pkcs11-tool --module "$card_library" "$@"; }

# The simulated J-LIS certifies both keys for an invented citizen; the certificates go onto the token, as on a card.
card_certify() {
  local citizen id kind
  citizen=$("$programs/jlis-simulator" citizen new --state "$house_state" --name '四情　読子' --address '東京都清瀬市四季町１－２－３' \
    --date-of-birth 1988-11-23 --sex female)
  for id in 01 02; do
    kind=$([ "$id" = 01 ] && echo authentication || echo signing)
    "$programs/jlis-simulator" citizen certify "$citizen" --state "$house_state" --kind "$kind" \
      --public-key "$card_directory/$id.pub.der" --json |
      jq -r ".${kind}Certificate" | base64 -d >"$card_directory/$kind.der"
    card_tool --login --pin "$card_pin" --write-object "$card_directory/$kind.der" --type cert --id "$id" --label "$kind"
  done
}

# card_read ID FILE: the certificate, as it is read from a card.
card_read() { card_tool --read-object --type cert --id "$1" --output-file "$2"; }

# card_digest_info CONTENT: DigestInfo (RFC 8017 §9.2) of SHA-256: what a card is given to sign.
card_digest_info() {
  printf '\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20'
  openssl dgst -sha256 -binary "$1"
}

# card_sign ID CONTENT SIGNATURE: the file is hashed here; the token pads and signs what it is given.
card_sign() {
  card_digest_info "$2" >"$3.info"
  card_tool --login --pin "$card_pin" --sign --mechanism RSA-PKCS --id "$1" --input-file "$3.info" --output-file "$3"
}

# --- the bank's server, by hand: token, requests ---------------------------------------------------------------------
base64url() { base64 -w0 | tr '+/' '-_' | tr -d '='; }
base64url_bytes() {
  local text
  text=$(tr -- '-_' '+/')
  while [ $((${#text} % 4)) -ne 0 ]; do text=$text=; done
  printf '%s' "$text" | base64 -d
}

# private_key_jwt (RFC 7523) with ES256: OpenSSL gives r and s in DER, JWS wants them side by side.
card_fetch_token() {
  local client key now head body signature
  client=$(jq -r .clients.bank.id "$house_cast")
  key=$(jq -r .clients.bank.keyFile "$house_cast")
  now=$(date +%s)
  head=$(printf '{"alg":"ES256","typ":"JWT"}' | base64url)
  body=$(printf '{"iss":"%s","sub":"%s","aud":"%s","iat":%s,"exp":%s,"jti":"%s"}' \
    "$client" "$client" "$house_address/oauth2/token" "$now" $((now + 45)) "$(openssl rand -hex 16)" | base64url)
  signature=$(printf '%s.%s' "$head" "$body" | openssl dgst -sha256 -sign "$key" | openssl asn1parse -inform DER |
    sed -nE 's/.*INTEGER *:([0-9A-F]+)$/\1/p' | while read -r number; do printf '%64s' "$number" | tr ' ' 0; done)
  signature=$(printf "$(printf '%s' "$signature" | sed 's/../\\x&/g')" | base64url)
  card_token=$(curl --silent --show-error --cacert "$house_secrets/tls/ca.pem" "$house_address/oauth2/token" \
    --data-urlencode grant_type=client_credentials --data-urlencode "client_id=$client" \
    --data-urlencode client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer \
    --data-urlencode "client_assertion=$head.$body.$signature" | jq -er .access_token)
}

# card_post PATH: the body on stdin, the answer on stdout.
card_post() {
  curl --silent --show-error --cacert "$house_secrets/tls/ca.pem" --header "Authorization: Bearer $card_token" \
    --header 'Content-Type: application/json' --header "Idempotency-Key: $(openssl rand -hex 16)" --data-binary @- "$house_address$1"
}

# expect WHAT WANTED FOUND
expect() {
  if [ "$2" != "$3" ]; then
    printf 'error: %s: expected %s, found %s\n' "$1" "$2" "$3"
    return 1
  fi
  printf '%s: %s\n' "$1" "$3"
}

# The plain card form of the API; with a second signature and certificate, those of the authentication key beside it.
card_object() { # SIGNATURE CERTIFICATE [SIGNATURE CERTIFICATE]
  jq -n --arg signature "$(base64url <"$1")" --arg certificate "$(base64 -w0 "$2")" \
    --arg second "$([ $# -lt 3 ] || base64url <"$3")" --arg other "$([ $# -lt 3 ] || base64 -w0 "$4")" '
    {card: ({format: "raw", signature: $signature, certificate: $certificate}
      + if $second == "" then {} else {authentication: {signature: $second, certificate: $other}} end)}'
}

# card_begin PATH BODY: a session whose bytes to be signed lie in to-be-signed afterwards; its id is left in $card_session.
card_begin() {
  local answer
  answer=$(printf '%s' "$2" | card_post "$1")
  card_session=$(printf '%s' "$answer" | jq -er .id)
  printf '%s' "$answer" | jq -er .toBeSigned | tr -d '\n' | base64url_bytes >"$card_directory/to-be-signed"
}

# Onboarding with both keys, login with the authentication key alone; in between what must not pass.
card_journey() {
  local here=$card_directory answer subject application
  card_read 01 "$here/read-authentication.der"
  card_read 02 "$here/read-signing.der"
  card_fetch_token
  application=$(openssl rand 32 | base64url)
  card_begin /v1/onboardings "{\"origin\":\"https://bank.example\",\"subjectReference\":\"reader\",\"application\":{\"digest\":\"$application\"},\"consents\":[]}"

  # The token signs anything: a bare hash, another content. The broker does not take it.
  openssl dgst -sha256 -binary "$here/to-be-signed" >"$here/bare"
  card_tool --login --pin "$card_pin" --sign --mechanism RSA-PKCS --id 02 --input-file "$here/bare" --output-file "$here/bare.signature"
  answer=$(verify_signature "$here/bare.signature" signing) || true
  expect 'a bare hash' signatureInvalid/bareHash "$(printf '%s' "$answer" | jq -r '.result + "/" + .reason')"
  printf 'another content' >"$here/other"
  card_sign 02 "$here/other" "$here/other.signature"
  answer=$(verify_signature "$here/other.signature" signing) || true
  expect 'another content' signatureInvalid/digestMismatch "$(printf '%s' "$answer" | jq -r '.result + "/" + .reason')"

  card_sign 02 "$here/to-be-signed" "$here/signing.signature"
  card_sign 01 "$here/to-be-signed" "$here/authentication.signature"
  answer=$(card_object "$here/signing.signature" "$here/read-signing.der" "$here/authentication.signature" "$here/read-authentication.der" |
    card_post "/v1/onboardings/$card_session/signature")
  expect 'onboarding' ok "$(printf '%s' "$answer" | jq -r '.result // .code')"
  subject=$(printf '%s' "$answer" | jq -er .subject.id)

  # The same files without a broker: without a list nobody knows; with the list of the day, ok.
  answer=$(verify_signature "$here/signing.signature" signing) || true
  expect 'by files alone, without a list' revocationUnknown "$(printf '%s' "$answer" | jq -r .result)"
  curl --silent --show-error --fail --output "$here/sign.crl" "http://127.0.0.1:$house_jlis_http/crl/sign.crl"
  answer=$(verify_signature "$here/signing.signature" signing --crl "$here/sign.crl")
  expect 'by files alone, with the list' ok "$(printf '%s' "$answer" | jq -r .result)"
  answer=$("$programs/yonjo" certificate explain "$here/read-signing.der" --kind signing --json)
  expect 'certificate explain' true "$(printf '%s' "$answer" | jq -r .verified)"
  # The real roots know nothing of this card.
  answer=$(verify_signature "$here/signing.signature" signing --trust Deploy/trust/production --environment production) || true
  expect 'against the real roots' certificateUntrusted "$(printf '%s' "$answer" | jq -r .result)"

  card_begin /v1/logins '{"origin":"https://bank.example"}'
  card_sign 01 "$here/to-be-signed" "$here/login.signature"
  answer=$(card_object "$here/login.signature" "$here/read-authentication.der" | card_post "/v1/logins/$card_session/signature")
  expect 'login' ok "$(printf '%s' "$answer" | jq -r '.result // .code')"
  expect 'the same person' "$subject" "$(printf '%s' "$answer" | jq -r .subject.id)"
}

# verify_signature SIGNATURE KIND […]: over to-be-signed, with the simulator's roots unless said otherwise.
verify_signature() {
  local signature=$1 kind=$2
  shift 2
  "$programs/yonjo" signature verify --json --certificate "$card_directory/read-$kind.der" --signature "$signature" --kind "$kind" \
    --content "$card_directory/to-be-signed" --trust "$house_state/trust" --environment simulator "$@"
}

# card_signature DIRECTORY: all of it.
card_signature() {
  card_make "$1"
  card_certify
  card_journey
}
