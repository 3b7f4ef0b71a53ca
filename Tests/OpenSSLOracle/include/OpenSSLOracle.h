// What OpenSSL's own API says of a certificate, a CRL, a signature or an OCSP answer: the second opinion for the tests of JPKI's readers.
// Shares nothing with COpenSSLShims. Every function is pure but for `oracle_store`; pointers are borrowed for the call.
#ifndef YONJO_OPENSSL_ORACLE_H
#define YONJO_OPENSSL_ORACLE_H

#include <stddef.h>
#include <stdint.h>

// A root that is trusted, and the time that counts as now (seconds since 1970). NULL when the root does not parse.
typedef struct oracle_store oracle_store;
oracle_store *oracle_store_new(const uint8_t *root, size_t length, int64_t now);
void oracle_store_free(oracle_store *store);

// A time that OpenSSL could not read.
#define ORACLE_NO_TIME INT64_MIN

enum { ORACLE_SERIAL_BYTES = 32, ORACLE_TEXT_BYTES = 4096, ORACLE_ITEMS = 64, ORACLE_POLICIES = 32, ORACLE_TYPE_BYTES = 80 };

typedef struct {
  uint8_t serial[ORACLE_SERIAL_BYTES]; // magnitude, big-endian
  size_t serial_length;                // 0 when it does not fit
  int is_negative;
  int64_t time;
  int reason; // CRLReason, -1 without one, -2 when unreadable
} oracle_entry;

typedef struct {
  int parsed;             // d2i_X509_CRL read it to its last byte
  int signature;          // X509_CRL_verify with the root's key
  char broken[ORACLE_TYPE_BYTES]; // extension of list or entry that OpenSSL knows and cannot decode, or that stands twice; empty for none
  int verdict;            // X509_V_… of the card's certificate checked against this list alone
  uint64_t number;        // cRLNumber
  int has_number;
  int64_t this_update, next_update;
  size_t entry_count; // of all entries, also those beyond `capacity`
} oracle_list;

// `card`: the certificate whose revocation is asked for. Up to `capacity` entries are written.
void oracle_read_list(
  const oracle_store *store, const uint8_t *card, size_t card_length, const uint8_t *list, size_t list_length, oracle_entry *entries,
  size_t capacity, oracle_list *out);

typedef struct {
  char type[ORACLE_TYPE_BYTES]; // dotted
  int is_utf8;
  uint8_t text[ORACLE_TEXT_BYTES];
  size_t text_length;
} oracle_item;

typedef struct {
  int parsed;               // d2i_X509 read it to its last byte
  int signature;            // X509_verify with the root's key
  char broken[ORACLE_TYPE_BYTES]; // extension that OpenSSL knows and cannot decode, or that stands twice; empty for none
  int flags_are_clean;      // neither EXFLAG_INVALID nor EXFLAG_CRITICAL
  int verdict;              // X509_V_… of the strict path to the root, with policy processing for `policy`
  int version;
  uint8_t serial[ORACLE_SERIAL_BYTES];
  size_t serial_length;
  int serial_is_negative;
  int64_t not_before, not_after;
  uint32_t key_usage; // as X509_get_key_usage; UINT32_MAX without the extension
  uint32_t extended_key_usage;
  int is_authority;
  size_t item_count; // otherNames of subjectAltName
  size_t policy_count;
  char policies[ORACLE_POLICIES][ORACLE_TYPE_BYTES];
  uint8_t key_fingerprint[32]; // SHA-256 of SubjectPublicKeyInfo as OpenSSL writes it
  char responder[1024];        // first OCSP address of authorityInfoAccess, empty without one
} oracle_certificate;

// `policy`: the dotted identifier that the path must be valid for. `items` has room for ORACLE_ITEMS.
void oracle_read_certificate(
  const oracle_store *store, const uint8_t *certificate, size_t length, const char *policy, oracle_item *items, oracle_certificate *out);

typedef struct {
  int verified; // EVP_PKEY_verify, PKCS#1 v1.5, SHA-256
  int parsed;   // d2i_X509_SIG read what was recovered to its last byte
  int is_sha256;
  int digest_agrees;
} oracle_signature;

// `key`: SubjectPublicKeyInfo. `digest`: 32 bytes.
void oracle_read_signature(
  const uint8_t *key, size_t key_length, const uint8_t *signature, size_t signature_length, const uint8_t *digest, oracle_signature *out);

typedef struct {
  int parsed;          // d2i_OCSP_RESPONSE read it to its last byte
  int response_status; // OCSPResponseStatus, -1 when unreadable
  int verified;        // OCSP_basic_verify against the root
  int nonce;           // OCSP_check_nonce: 1 equal, 2 both absent, 3 only the answer has one, 0 unequal, -1 only the question has one
  int certificate_status; // V_OCSP_CERTSTATUS_…, -1 when no answer is about this certificate
  int answers;            // how many SingleResponses are about it
  int reason;             // CRLReason, -1 without one
  int has_unknown_critical; // an extension of answer or single answer is critical and not the nonce
  int64_t revoked_at, this_update, next_update, produced_at;
} oracle_answer;

// `serial`: magnitude. `nonce`: what was sent; length 0 for none.
void oracle_read_answer(
  const oracle_store *store, const uint8_t *serial, size_t serial_length, const uint8_t *nonce, size_t nonce_length, const uint8_t *answer,
  size_t length, oracle_answer *out);

// An RSA-2048 key that is the same for the same name, on every machine, so that a spoiled input can be made again byte for byte. For tests alone:
// whoever knows the name has the key. The caller frees it with EVP_PKEY_free. NULL when memory ran out.
struct evp_pkey_st *oracle_seeded_key(const char *name);

#endif
