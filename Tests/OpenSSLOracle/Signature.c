#include "Support.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <string.h>

// The payload inside the padding, as OpenSSL recovers it without a digest; its length, or 0.
static size_t recover(EVP_PKEY *key, const uint8_t *signature, size_t length, uint8_t *payload, size_t capacity) {
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
  size_t recovered = capacity;
  if (context == NULL || EVP_PKEY_verify_recover_init(context) != 1 || EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) != 1 ||
      EVP_PKEY_verify_recover(context, payload, &recovered, signature, length) != 1) {
    recovered = 0;
  }
  EVP_PKEY_CTX_free(context);
  return recovered;
}

void oracle_read_signature(
  const uint8_t *key_bytes, size_t key_length, const uint8_t *signature, size_t length, const uint8_t *digest, oracle_signature *out) {
  memset(out, 0, sizeof *out);
  const unsigned char *cursor = key_bytes;
  EVP_PKEY *key = d2i_PUBKEY(NULL, &cursor, (long)key_length);
  if (key == NULL) goto done;
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
  out->verified = context != NULL && EVP_PKEY_verify_init(context) == 1 && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
                  EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1 && EVP_PKEY_verify(context, signature, length, digest, 32) == 1;
  EVP_PKEY_CTX_free(context);
  uint8_t payload[1024];
  size_t recovered = recover(key, signature, length, payload, sizeof payload);
  const unsigned char *start = payload;
  X509_SIG *info = recovered == 0 ? NULL : d2i_X509_SIG(NULL, &start, (long)recovered);
  out->parsed = info != NULL && start == payload + recovered;
  if (info != NULL) {
    const X509_ALGOR *algorithm;
    const ASN1_OCTET_STRING *value;
    X509_SIG_get0(info, &algorithm, &value);
    out->is_sha256 = OBJ_obj2nid(algorithm->algorithm) == NID_sha256;
    out->digest_agrees = ASN1_STRING_length(value) == 32 && memcmp(ASN1_STRING_get0_data(value), digest, 32) == 0;
  }
  X509_SIG_free(info);
done:
  EVP_PKEY_free(key);
  ERR_clear_error();
}
