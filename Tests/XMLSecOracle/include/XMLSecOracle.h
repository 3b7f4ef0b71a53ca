// A second opinion on XML signatures, by xmlsec1, for the tests of JPKI alone. Empty unless the trait XMLSignatures is on.
#ifndef YONJO_XMLSEC_ORACLE_H
#define YONJO_XMLSEC_ORACLE_H

#include <stddef.h>
#include <stdint.h>

// Fills in the template's one ds:Signature by this EVP_PKEY. Length of the signed document, or -1. Free it with yonjo_xmlsec_free.
long yonjo_xmlsec_sign(const uint8_t *xml, size_t length, void *key, uint8_t **output);

// Whether the document's first ds:Signature verifies by this EVP_PKEY: 1 yes, 0 no.
int yonjo_xmlsec_verify(const uint8_t *xml, size_t length, void *key);

void yonjo_xmlsec_free(void *memory);

#endif
