// OpenSSL's macros, and its calls that hand out pointers to pointers, as plain functions for JPKI and its tests.
#ifndef YONJO_COPENSSL_SHIMS_H
#define YONJO_COPENSSL_SHIMS_H

#include <stddef.h>
#include <stdint.h>

// An RSA public key, ready for many public operations at once: nothing in it changes after it is made.
typedef struct yonjo_rsa_public yonjo_rsa_public;

// Modulus and exponent big-endian. NULL when they make no RSA key (even modulus, even exponent, exponent not below the modulus) or memory ran out.
yonjo_rsa_public *yonjo_rsa_public_new(const uint8_t *modulus, size_t modulus_length, const uint8_t *exponent, size_t exponent_length);
void yonjo_rsa_public_free(yonjo_rsa_public *key);
size_t yonjo_rsa_public_size(const yonjo_rsa_public *key);

// RSAVP1 (RFC 8017 §5.2.2): signature^exponent mod modulus into `block`, which has room for yonjo_rsa_public_size bytes.
// 1 done, 0 the signature is not below the modulus, -1 OpenSSL failed.
int yonjo_rsa_public_apply(const yonjo_rsa_public *key, const uint8_t *signature, size_t signature_length, uint8_t *block);

// A public key on P-384, ready for many verifications at once: OpenSSL only reads it.
typedef struct yonjo_p384_public yonjo_p384_public;

// From the uncompressed point, 0x04 X Y, 97 bytes (SEC 1 §2.3.3). NULL when it is not one of the curve, or memory ran out.
yonjo_p384_public *yonjo_p384_public_new(const uint8_t *point, size_t length);
void yonjo_p384_public_free(yonjo_p384_public *key);

// Whether the signature, SEQUENCE { r, s } in DER, is this key's over a digest of 48 bytes: 1 yes, 0 no or OpenSSL failed.
int yonjo_p384_public_verify(const yonjo_p384_public *key, const uint8_t *signature, size_t signature_length, const uint8_t digest[48]);

// CMS ContentInfo in BER → the same in DER. Length, or -1 when it is not one. Free the result with yonjo_free.
long yonjo_cms_to_der(const uint8_t *input, size_t length, uint8_t **output);

void yonjo_free(void *memory);

// A running SHA-256, SHA-384 or SHA-512, for what is too large to hash in one piece.
typedef struct yonjo_hash yonjo_hash;
// By the digest's bits; NULL for any other number.
yonjo_hash *yonjo_hash_new(int bits);
int yonjo_hash_update(yonjo_hash *hash, const uint8_t *bytes, size_t length);
// `digest` has room for as many bits.
int yonjo_hash_final(yonjo_hash *hash, uint8_t *digest);
void yonjo_hash_free(yonjo_hash *hash);

// A private key that signs OCSP requests; only read once it is made.
typedef struct yonjo_signer yonjo_signer;
enum { YONJO_SIGNER_RSA = 1, YONJO_SIGNER_P256 = 2, YONJO_SIGNER_P384 = 3, YONJO_SIGNER_LARGEST = 1024 };

// From PEM without a passphrase. NULL when it is no key of RSA (2048…8192 bits), P-256 or P-384.
yonjo_signer *yonjo_signer_new(const uint8_t *pem, size_t length);
void yonjo_signer_free(yonjo_signer *signer);
int yonjo_signer_kind(const yonjo_signer *signer);
// Whether the key is that of this certificate in DER: 1 or 0.
int yonjo_signer_matches(const yonjo_signer *signer, const uint8_t *certificate, size_t length);
// Signs with SHA-256 (RSA PKCS#1 v1.5, P-256) or SHA-384 (P-384) into `signature`, which has room for YONJO_SIGNER_LARGEST bytes. Length, or -1.
long yonjo_signer_sign(const yonjo_signer *signer, const uint8_t *message, size_t length, uint8_t *signature);

// Time stamps (RFC 3161). Whether a PEM text holds an anchor at all: 1 or 0.
int yonjo_time_stamp_anchors(const uint8_t *pem, size_t length);

enum { YONJO_TIME_STAMP_GOOD = 1, YONJO_TIME_STAMP_MALFORMED = 0, YONJO_TIME_STAMP_REFUSED = -1, YONJO_TIME_STAMP_NOT_VERIFIED = -2 };

// Whether a TimeStampResp answers this TimeStampReq (imprint, and nonce where the request has one) and is signed by an authority that the anchors in PEM
// lead to, valid now, for time stamping. One of the above; `seconds` is the stamp's time since 1970 where it is good.
int yonjo_time_stamp_verify(const uint8_t *response, size_t response_length, const uint8_t *request, size_t request_length, const uint8_t *pem,
                            size_t pem_length, int64_t *seconds);

#endif
