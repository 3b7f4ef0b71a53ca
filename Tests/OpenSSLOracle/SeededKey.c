#include "Support.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/sha.h>
#include <string.h>

// A prime of 1,024 bits whose first candidate is spun from the name by SHA-256, its two highest bits set. NULL when memory ran out.
static BIGNUM *prime(const char *name, uint8_t which, const BIGNUM *exponent, BN_CTX *context) {
  uint8_t bytes[128], input[256] = {0};
  size_t length = strnlen(name, sizeof input - 2);
  memcpy(input, name, length);
  input[length] = which;
  for (uint8_t block = 0; block < 4; block++) {
    input[length + 1] = block;
    SHA256(input, length + 2, bytes + block * 32);
  }
  bytes[0] |= 0xC0;
  bytes[127] |= 1;
  BIGNUM *candidate = BN_bin2bn(bytes, sizeof bytes, NULL), *before = BN_new(), *common = BN_new();
  while (candidate != NULL && before != NULL && common != NULL) {
    if (BN_check_prime(candidate, context, NULL) == 1 && BN_sub(before, candidate, BN_value_one()) &&
        BN_gcd(common, before, exponent, context) && BN_is_one(common)) {
      break;
    }
    if (!BN_add_word(candidate, 2)) break;
  }
  BN_free(before);
  BN_free(common);
  return candidate;
}

struct evp_pkey_st *oracle_seeded_key(const char *name) {
  EVP_PKEY *key = NULL;
  BN_CTX *context = BN_CTX_new();
  BIGNUM *e = BN_new(), *n = BN_new(), *d = NULL, *p1 = BN_new(), *q1 = BN_new(), *phi = BN_new(), *dp = BN_new(), *dq = BN_new(), *qi = NULL;
  OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
  OSSL_PARAM *parameters = NULL;
  EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
  BN_set_word(e, 65537);
  BIGNUM *p = prime(name, 'p', e, context), *q = prime(name, 'q', e, context);
  BN_mul(n, p, q, context);
  BN_sub(p1, p, BN_value_one());
  BN_sub(q1, q, BN_value_one());
  BN_mul(phi, p1, q1, context);
  d = BN_mod_inverse(NULL, e, phi, context);
  BN_mod(dp, d, p1, context);
  BN_mod(dq, d, q1, context);
  qi = BN_mod_inverse(NULL, q, p, context);
  OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n);
  OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e);
  OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_D, d);
  OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_FACTOR1, p);
  OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_FACTOR2, q);
  OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_EXPONENT1, dp);
  OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_EXPONENT2, dq);
  OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, qi);
  parameters = OSSL_PARAM_BLD_to_param(build);
  if (EVP_PKEY_fromdata_init(maker) != 1 || EVP_PKEY_fromdata(maker, &key, EVP_PKEY_KEYPAIR, parameters) != 1) key = NULL;
  EVP_PKEY_CTX_free(maker);
  OSSL_PARAM_free(parameters);
  OSSL_PARAM_BLD_free(build);
  BIGNUM *numbers[] = {e, n, d, p1, q1, phi, dp, dq, qi, p, q};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) BN_free(numbers[i]);
  BN_CTX_free(context);
  ERR_clear_error();
  return key;
}
