#include "Support.h"

#include <openssl/err.h>
#include <string.h>

// The card's certificate against this list: every check of the list that OpenSSL has, and the revocation itself.
static int verdict(const oracle_store *store, X509 *card, X509_CRL *list) {
  int found = X509_V_ERR_UNSPECIFIED;
  X509_STORE_CTX *context = X509_STORE_CTX_new();
  STACK_OF(X509_CRL) *lists = sk_X509_CRL_new_null();
  if (context != NULL && lists != NULL && sk_X509_CRL_push(lists, list) && X509_STORE_CTX_init(context, store->store, card, NULL)) {
    X509_STORE_CTX_set0_crls(context, lists);
    X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(context), X509_V_FLAG_CRL_CHECK);
    if (X509_verify_cert(context) == 1) {
      found = X509_V_OK;
    } else if (X509_STORE_CTX_get_error(context) != X509_V_OK) {
      found = X509_STORE_CTX_get_error(context);
    }
  }
  sk_X509_CRL_free(lists);
  X509_STORE_CTX_free(context);
  return found;
}

static void read_entry(X509_REVOKED *revoked, oracle_entry *out) {
  const ASN1_INTEGER *serial = X509_REVOKED_get0_serialNumber(revoked);
  out->serial_length = oracle_magnitude(serial, out->serial, sizeof out->serial);
  out->is_negative = ASN1_STRING_type((const ASN1_STRING *)serial) == V_ASN1_NEG_INTEGER;
  out->time = oracle_seconds(X509_REVOKED_get0_revocationDate(revoked));
  int critical = -1;
  ASN1_ENUMERATED *reason = X509_REVOKED_get_ext_d2i(revoked, NID_crl_reason, &critical, NULL);
  out->reason = reason != NULL ? (int)ASN1_ENUMERATED_get(reason) : critical == -1 ? -1 : -2;
  ASN1_ENUMERATED_free(reason);
}

void oracle_read_list(
  const oracle_store *store, const uint8_t *card_bytes, size_t card_length, const uint8_t *bytes, size_t length, oracle_entry *entries,
  size_t capacity, oracle_list *out) {
  memset(out, 0, sizeof *out);
  out->verdict = X509_V_ERR_UNSPECIFIED;
  const unsigned char *cursor = bytes, *card_cursor = card_bytes;
  X509_CRL *list = d2i_X509_CRL(NULL, &cursor, (long)length);
  X509 *card = d2i_X509(NULL, &card_cursor, (long)card_length);
  out->parsed = list != NULL && cursor == bytes + length;
  if (list == NULL || card == NULL) goto done;
  out->signature = X509_CRL_verify(list, X509_get0_pubkey(store->root)) == 1;
  out->this_update = oracle_seconds(X509_CRL_get0_lastUpdate(list));
  out->next_update = oracle_seconds(X509_CRL_get0_nextUpdate(list));
  oracle_note_broken(X509_CRL_get0_extensions(list), out->broken);
  ASN1_INTEGER *number = X509_CRL_get_ext_d2i(list, NID_crl_number, NULL, NULL);
  out->has_number = number != NULL && ASN1_INTEGER_get_uint64(&out->number, number) == 1;
  ASN1_INTEGER_free(number);
  STACK_OF(X509_REVOKED) *revoked = X509_CRL_get_REVOKED(list);
  int count = revoked == NULL ? 0 : sk_X509_REVOKED_num(revoked);
  out->entry_count = (size_t)count;
  for (int i = 0; i < count; i++) {
    X509_REVOKED *one = sk_X509_REVOKED_value(revoked, i);
    oracle_note_broken(X509_REVOKED_get0_extensions(one), out->broken);
    if ((size_t)i < capacity) read_entry(one, &entries[i]);
  }
  // Last, because it sorts the entries.
  out->verdict = verdict(store, card, list);
done:
  X509_CRL_free(list);
  X509_free(card);
  ERR_clear_error();
}
