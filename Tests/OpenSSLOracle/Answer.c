#include "Support.h"

#include <openssl/err.h>
#include <string.h>

static int is_unknown_critical(X509_EXTENSION *one) {
  return X509_EXTENSION_get_critical(one) && OBJ_obj2nid(X509_EXTENSION_get_object(one)) != NID_id_pkix_OCSP_Nonce;
}

// The SingleResponses about this certificate, CertID by any digest that OpenSSL has; the first one's content.
static void read_singles(const oracle_store *store, OCSP_BASICRESP *basic, const ASN1_INTEGER *serial, oracle_answer *out) {
  for (int i = 0; i < OCSP_resp_count(basic); i++) {
    OCSP_SINGLERESP *single = OCSP_resp_get0(basic, i);
    ASN1_OBJECT *digest;
    OCSP_CERTID *named = (OCSP_CERTID *)OCSP_SINGLERESP_get0_id(single);
    OCSP_id_get0_info(NULL, &digest, NULL, NULL, named);
    const EVP_MD *algorithm = EVP_get_digestbyobj(digest);
    OCSP_CERTID *wanted = algorithm == NULL ? NULL
                                            : OCSP_cert_id_new(
                                                algorithm, X509_get_subject_name(store->root), X509_get0_pubkey_bitstr(store->root), serial);
    int is_about = wanted != NULL && OCSP_id_cmp(wanted, named) == 0;
    OCSP_CERTID_free(wanted);
    if (!is_about || out->answers++ > 0) continue;
    ASN1_GENERALIZEDTIME *revoked = NULL, *this_update = NULL, *next_update = NULL;
    out->certificate_status = OCSP_single_get0_status(single, &out->reason, &revoked, &this_update, &next_update);
    out->revoked_at = oracle_seconds(revoked);
    out->this_update = oracle_seconds(this_update);
    out->next_update = oracle_seconds(next_update);
    for (int j = 0; j < OCSP_SINGLERESP_get_ext_count(single); j++) {
      if (is_unknown_critical(OCSP_SINGLERESP_get_ext(single, j))) out->has_unknown_critical = 1;
    }
  }
}

static int check_nonce(OCSP_BASICRESP *basic, const uint8_t *nonce, size_t length) {
  OCSP_REQUEST *request = OCSP_REQUEST_new();
  int outcome = 0;
  if (request != NULL && (length == 0 || OCSP_request_add1_nonce(request, (unsigned char *)nonce, (int)length) == 1)) {
    outcome = OCSP_check_nonce(request, basic);
  }
  OCSP_REQUEST_free(request);
  return outcome;
}

void oracle_read_answer(
  const oracle_store *store, const uint8_t *serial_bytes, size_t serial_length, const uint8_t *nonce, size_t nonce_length,
  const uint8_t *bytes, size_t length, oracle_answer *out) {
  memset(out, 0, sizeof *out);
  out->response_status = out->certificate_status = out->reason = -1;
  const unsigned char *cursor = bytes;
  OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &cursor, (long)length);
  OCSP_BASICRESP *basic = NULL;
  BIGNUM *number = BN_bin2bn(serial_bytes, (int)serial_length, NULL);
  ASN1_INTEGER *serial = BN_to_ASN1_INTEGER(number, NULL);
  out->parsed = response != NULL && cursor == bytes + length;
  if (response == NULL || serial == NULL) goto done;
  out->response_status = OCSP_response_status(response);
  basic = OCSP_response_get1_basic(response);
  if (basic == NULL) goto done;
  out->verified = OCSP_basic_verify(basic, NULL, store->store, 0) == 1;
  // Signed by the authority itself, the answer need not carry its certificate; OpenSSL looks for the signer among these.
  if (!out->verified) {
    STACK_OF(X509) *roots = sk_X509_new_null();
    if (roots != NULL && sk_X509_push(roots, store->root)) out->verified = OCSP_basic_verify(basic, roots, store->store, 0) == 1;
    sk_X509_free(roots);
  }
  out->nonce = check_nonce(basic, nonce, nonce_length);
  out->produced_at = oracle_seconds(OCSP_resp_get0_produced_at(basic));
  for (int i = 0; i < OCSP_BASICRESP_get_ext_count(basic); i++) {
    if (is_unknown_critical(OCSP_BASICRESP_get_ext(basic, i))) out->has_unknown_critical = 1;
  }
  read_singles(store, basic, serial, out);
done:
  OCSP_BASICRESP_free(basic);
  OCSP_RESPONSE_free(response);
  ASN1_INTEGER_free(serial);
  BN_free(number);
  ERR_clear_error();
}
