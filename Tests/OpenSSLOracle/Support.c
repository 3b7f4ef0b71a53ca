#define _GNU_SOURCE
#include "Support.h"

#include <openssl/err.h>
#include <string.h>
#include <time.h>

oracle_store *oracle_store_new(const uint8_t *root, size_t length, int64_t now) {
  const unsigned char *cursor = root;
  oracle_store *store = OPENSSL_zalloc(sizeof *store);
  if (store == NULL) return NULL;
  store->now = now;
  store->root = d2i_X509(NULL, &cursor, (long)length);
  store->store = X509_STORE_new();
  if (store->root == NULL || store->store == NULL || X509_STORE_add_cert(store->store, store->root) != 1) {
    oracle_store_free(store);
    ERR_clear_error();
    return NULL;
  }
  X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store->store), (time_t)now);
  return store;
}

void oracle_store_free(oracle_store *store) {
  if (store == NULL) return;
  X509_STORE_free(store->store);
  X509_free(store->root);
  OPENSSL_free(store);
}

int64_t oracle_seconds(const ASN1_TIME *time) {
  struct tm parts;
  if (time == NULL || ASN1_TIME_to_tm(time, &parts) != 1) return ORACLE_NO_TIME;
  return (int64_t)timegm(&parts);
}

size_t oracle_magnitude(const ASN1_INTEGER *number, uint8_t *bytes, size_t capacity) {
  BIGNUM *value = number == NULL ? NULL : ASN1_INTEGER_to_BN(number, NULL);
  size_t length = 0;
  if (value != NULL && (size_t)BN_num_bytes(value) <= capacity) length = (size_t)BN_bn2bin(value, bytes);
  BN_free(value);
  return length;
}

void oracle_note_broken(const STACK_OF(X509_EXTENSION) *extensions, char *broken) {
  for (int i = 0; i < sk_X509_EXTENSION_num(extensions); i++) {
    X509_EXTENSION *one = sk_X509_EXTENSION_value(extensions, i);
    int is_broken = X509v3_get_ext_by_OBJ(extensions, X509_EXTENSION_get_object(one), i) >= 0;
    const X509V3_EXT_METHOD *method = X509V3_EXT_get(one);
    if (!is_broken && method != NULL && method->it != NULL) {
      ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(one);
      const unsigned char *start = ASN1_STRING_get0_data(value), *cursor = start;
      long length = ASN1_STRING_length(value);
      ASN1_VALUE *decoded = ASN1_item_d2i(NULL, &cursor, length, ASN1_ITEM_ptr(method->it));
      ASN1_item_free(decoded, ASN1_ITEM_ptr(method->it));
      is_broken = decoded == NULL || cursor != start + length;
    }
    if (is_broken && broken[0] == 0) OBJ_obj2txt(broken, ORACLE_TYPE_BYTES, X509_EXTENSION_get_object(one), 1);
  }
}
