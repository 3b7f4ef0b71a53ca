#include "COpenSSLShims.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ts.h>
#include <openssl/x509.h>
#include <time.h>

// Every certificate of a PEM text as an anchor; NULL where there is none.
static X509_STORE *anchors_of(const uint8_t *pem, size_t length) {
  if (length > INT_MAX) return NULL;
  BIO *input = BIO_new_mem_buf(pem, (int)length);
  X509_STORE *store = X509_STORE_new();
  int count = 0;
  if (input != NULL && store != NULL) {
    X509 *certificate;
    while ((certificate = PEM_read_bio_X509(input, NULL, NULL, NULL)) != NULL) {
      if (X509_STORE_add_cert(store, certificate) == 1) count++;
      X509_free(certificate);
    }
  }
  BIO_free(input);
  if (count == 0) {
    X509_STORE_free(store);
    store = NULL;
  }
  return store;
}

int yonjo_time_stamp_anchors(const uint8_t *pem, size_t length) {
  X509_STORE *store = anchors_of(pem, length);
  int found = store != NULL;
  X509_STORE_free(store);
  ERR_clear_error();
  return found;
}

int yonjo_time_stamp_verify(const uint8_t *response, size_t response_length, const uint8_t *request, size_t request_length, const uint8_t *pem,
                            size_t pem_length, int64_t *seconds) {
  if (response_length > LONG_MAX || request_length > LONG_MAX) return YONJO_TIME_STAMP_MALFORMED;
  int outcome = YONJO_TIME_STAMP_MALFORMED;
  const unsigned char *cursor = response;
  TS_RESP *answer = d2i_TS_RESP(NULL, &cursor, (long)response_length);
  const unsigned char *asked = request;
  TS_REQ *question = d2i_TS_REQ(NULL, &asked, (long)request_length);
  TS_VERIFY_CTX *context = NULL;
  X509_STORE *store = NULL;
  // What follows the answer is not part of it.
  if (answer == NULL || question == NULL || cursor != response + response_length) goto done;
  const ASN1_INTEGER *status = TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(answer));
  long granted = ASN1_INTEGER_get(status);
  // 0 granted, 1 granted with changes (RFC 3161 §2.4.2).
  if (granted != 0 && granted != 1) {
    outcome = YONJO_TIME_STAMP_REFUSED;
    goto done;
  }
  outcome = YONJO_TIME_STAMP_NOT_VERIFIED;
  store = anchors_of(pem, pem_length);
  // Imprint, algorithm and nonce are those of the request.
  context = TS_REQ_to_TS_VERIFY_CTX(question, NULL);
  if (store == NULL || context == NULL) goto done;
  TS_VERIFY_CTX_add_flags(context, TS_VFY_SIGNATURE | TS_VFY_VERSION);
  TS_VERIFY_CTX_set_store(context, store);
  store = NULL; // the context's now
  if (TS_RESP_verify_response(context, answer) != 1) goto done;
  struct tm moment;
  if (ASN1_TIME_to_tm(TS_TST_INFO_get_time(TS_RESP_get_tst_info(answer)), &moment) != 1) goto done;
  *seconds = (int64_t)timegm(&moment);
  outcome = YONJO_TIME_STAMP_GOOD;
done:
  TS_VERIFY_CTX_free(context);
  X509_STORE_free(store);
  TS_REQ_free(question);
  TS_RESP_free(answer);
  ERR_clear_error();
  return outcome;
}
