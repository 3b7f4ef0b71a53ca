#include "COpenSSLShims.h"

#include <limits.h>
#include <openssl/bn.h>
#include <openssl/cms.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/params.h>
#include <string.h>

// The public operation goes by BIGNUM and not by EVP: an EVP_PKEY made for one signature of one card costs five times the operation itself
// (decoder, key management, context), and nothing here is secret. `montgomery` is only read once it is set.
struct yonjo_rsa_public {
  BIGNUM *modulus;
  BIGNUM *exponent;
  BN_MONT_CTX *montgomery;
  size_t size;
};

yonjo_rsa_public *yonjo_rsa_public_new(const uint8_t *modulus, size_t modulus_length, const uint8_t *exponent, size_t exponent_length) {
  if (modulus_length > 2048 || exponent_length > 32) return NULL;
  yonjo_rsa_public *key = OPENSSL_zalloc(sizeof *key);
  BN_CTX *context = BN_CTX_new();
  if (key == NULL || context == NULL) goto fail;
  key->modulus = BN_bin2bn(modulus, (int)modulus_length, NULL);
  key->exponent = BN_bin2bn(exponent, (int)exponent_length, NULL);
  key->montgomery = BN_MONT_CTX_new();
  if (key->modulus == NULL || key->exponent == NULL || key->montgomery == NULL) goto fail;
  if (!BN_is_odd(key->modulus) || !BN_is_odd(key->exponent) || BN_is_one(key->exponent)) goto fail;
  if (BN_ucmp(key->exponent, key->modulus) >= 0) goto fail;
  if (!BN_MONT_CTX_set(key->montgomery, key->modulus, context)) goto fail;
  key->size = (size_t)BN_num_bytes(key->modulus);
  BN_CTX_free(context);
  return key;
fail:
  BN_CTX_free(context);
  yonjo_rsa_public_free(key);
  ERR_clear_error();
  return NULL;
}

void yonjo_rsa_public_free(yonjo_rsa_public *key) {
  if (key == NULL) return;
  BN_free(key->modulus);
  BN_free(key->exponent);
  BN_MONT_CTX_free(key->montgomery);
  OPENSSL_free(key);
}

size_t yonjo_rsa_public_size(const yonjo_rsa_public *key) { return key->size; }

int yonjo_rsa_public_apply(const yonjo_rsa_public *key, const uint8_t *signature, size_t signature_length, uint8_t *block) {
  int outcome = -1;
  if (signature_length > key->size) return 0;
  BN_CTX *context = BN_CTX_new();
  BIGNUM *number = BN_bin2bn(signature, (int)signature_length, NULL);
  BIGNUM *result = BN_new();
  if (context != NULL && number != NULL && result != NULL) {
    if (BN_ucmp(number, key->modulus) >= 0)
      outcome = 0;
    else if (BN_mod_exp_mont(result, number, key->exponent, key->modulus, context, key->montgomery) &&
             BN_bn2binpad(result, block, (int)key->size) == (int)key->size)
      outcome = 1;
  }
  BN_free(result);
  BN_free(number);
  BN_CTX_free(context);
  if (outcome < 0) ERR_clear_error();
  return outcome;
}

struct yonjo_p384_public {
  EVP_PKEY *key;
};

yonjo_p384_public *yonjo_p384_public_new(const uint8_t *point, size_t length) {
  if (length != 97 || point[0] != 4) return NULL;
  uint8_t copy[97];
  memcpy(copy, point, length);
  char group[] = SN_secp384r1;
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, copy, length),
      OSSL_PARAM_construct_end(),
  };
  yonjo_p384_public *key = OPENSSL_zalloc(sizeof *key);
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
  // Import refuses a point that is not on the curve.
  if (key == NULL || context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
      EVP_PKEY_fromdata(context, &key->key, EVP_PKEY_PUBLIC_KEY, parameters) != 1) {
    yonjo_p384_public_free(key);
    key = NULL;
    ERR_clear_error();
  }
  EVP_PKEY_CTX_free(context);
  return key;
}

void yonjo_p384_public_free(yonjo_p384_public *key) {
  if (key == NULL) return;
  EVP_PKEY_free(key->key);
  OPENSSL_free(key);
}

int yonjo_p384_public_verify(const yonjo_p384_public *key, const uint8_t *signature, size_t signature_length, const uint8_t digest[48]) {
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key->key, NULL);
  int outcome = context != NULL && EVP_PKEY_verify_init(context) == 1 && EVP_PKEY_verify(context, signature, signature_length, digest, 48) == 1;
  EVP_PKEY_CTX_free(context);
  ERR_clear_error();
  return outcome;
}

long yonjo_cms_to_der(const uint8_t *input, size_t length, uint8_t **output) {
  *output = NULL;
  if (length > LONG_MAX) return -1;
  const unsigned char *cursor = input;
  CMS_ContentInfo *message = d2i_CMS_ContentInfo(NULL, &cursor, (long)length);
  long written = -1;
  // What follows the message is not part of it: refuse rather than forget it.
  if (message != NULL && cursor == input + length) written = i2d_CMS_ContentInfo(message, output);
  CMS_ContentInfo_free(message);
  ERR_clear_error();
  return written > 0 ? written : -1;
}

void yonjo_free(void *memory) { OPENSSL_free(memory); }

struct yonjo_hash {
  EVP_MD_CTX *context;
};

yonjo_hash *yonjo_hash_new(int bits) {
  const EVP_MD *kind = bits == 256 ? EVP_sha256() : bits == 384 ? EVP_sha384() : bits == 512 ? EVP_sha512() : NULL;
  yonjo_hash *hash = OPENSSL_zalloc(sizeof *hash);
  if (hash == NULL) return NULL;
  hash->context = EVP_MD_CTX_new();
  if (kind == NULL || hash->context == NULL || !EVP_DigestInit_ex(hash->context, kind, NULL)) {
    yonjo_hash_free(hash);
    return NULL;
  }
  return hash;
}

int yonjo_hash_update(yonjo_hash *hash, const uint8_t *bytes, size_t length) { return EVP_DigestUpdate(hash->context, bytes, length); }

int yonjo_hash_final(yonjo_hash *hash, uint8_t *digest) { return EVP_DigestFinal_ex(hash->context, digest, NULL); }

void yonjo_hash_free(yonjo_hash *hash) {
  if (hash == NULL) return;
  EVP_MD_CTX_free(hash->context);
  OPENSSL_free(hash);
}
