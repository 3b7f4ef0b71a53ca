#include "COpenSSLShims.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

struct yonjo_signer {
  EVP_PKEY *key;
  int kind;
};

// Refuses to ask for a passphrase: a server has nobody to ask.
static int no_passphrase(char *buffer, int size, int writing, void *context) {
  (void)buffer, (void)size, (void)writing, (void)context;
  return -1;
}

static int kind_of(EVP_PKEY *key) {
  if (EVP_PKEY_is_a(key, "RSA")) return EVP_PKEY_get_bits(key) >= 2048 && EVP_PKEY_get_bits(key) <= 8192 ? YONJO_SIGNER_RSA : 0;
  char group[64];
  size_t length = 0;
  if (!EVP_PKEY_is_a(key, "EC") || !EVP_PKEY_get_group_name(key, group, sizeof group, &length)) return 0;
  if (strcmp(group, "prime256v1") == 0) return YONJO_SIGNER_P256;
  if (strcmp(group, "secp384r1") == 0) return YONJO_SIGNER_P384;
  return 0;
}

yonjo_signer *yonjo_signer_new(const uint8_t *pem, size_t length) {
  if (length > INT_MAX) return NULL;
  BIO *input = BIO_new_mem_buf(pem, (int)length);
  EVP_PKEY *key = input == NULL ? NULL : PEM_read_bio_PrivateKey(input, NULL, no_passphrase, NULL);
  BIO_free(input);
  ERR_clear_error();
  if (key == NULL) return NULL;
  int kind = kind_of(key);
  yonjo_signer *signer = kind == 0 ? NULL : OPENSSL_zalloc(sizeof *signer);
  if (signer == NULL) {
    EVP_PKEY_free(key);
    return NULL;
  }
  signer->key = key;
  signer->kind = kind;
  return signer;
}

void yonjo_signer_free(yonjo_signer *signer) {
  if (signer == NULL) return;
  EVP_PKEY_free(signer->key);
  OPENSSL_free(signer);
}

int yonjo_signer_kind(const yonjo_signer *signer) { return signer->kind; }

int yonjo_signer_matches(const yonjo_signer *signer, const uint8_t *certificate, size_t length) {
  if (length > LONG_MAX) return 0;
  const unsigned char *cursor = certificate;
  X509 *parsed = d2i_X509(NULL, &cursor, (long)length);
  int matches = parsed != NULL && X509_check_private_key(parsed, signer->key) == 1;
  X509_free(parsed);
  ERR_clear_error();
  return matches;
}

long yonjo_signer_sign(const yonjo_signer *signer, const uint8_t *message, size_t length, uint8_t *signature) {
  size_t written = YONJO_SIGNER_LARGEST;
  const EVP_MD *digest = signer->kind == YONJO_SIGNER_P384 ? EVP_sha384() : EVP_sha256();
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  int done = context != NULL && EVP_DigestSignInit(context, NULL, digest, NULL, signer->key) == 1 &&
             EVP_DigestSign(context, signature, &written, message, length) == 1;
  EVP_MD_CTX_free(context);
  if (!done) ERR_clear_error();
  return done ? (long)written : -1;
}
