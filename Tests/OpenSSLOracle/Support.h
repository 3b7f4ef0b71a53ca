// What the oracle's files share.
#ifndef YONJO_OPENSSL_ORACLE_SUPPORT_H
#define YONJO_OPENSSL_ORACLE_SUPPORT_H

#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "OpenSSLOracle.h"

struct oracle_store {
  X509_STORE *store;
  X509 *root;
  int64_t now;
};

// Seconds since 1970, or ORACLE_NO_TIME.
int64_t oracle_seconds(const ASN1_TIME *time);

// The magnitude of a number; 0 where it does not fit.
size_t oracle_magnitude(const ASN1_INTEGER *number, uint8_t *bytes, size_t capacity);

// Notes the first extension that OpenSSL knows and cannot decode to its last byte, or that stands twice, unless one is noted already.
void oracle_note_broken(const STACK_OF(X509_EXTENSION) *extensions, char *broken);

#endif
