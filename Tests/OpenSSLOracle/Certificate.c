#include "Support.h"

#include <openssl/err.h>
#include <openssl/sha.h>
#include <string.h>

static int verdict(const oracle_store *store, X509 *certificate, const char *policy) {
  int found = X509_V_ERR_UNSPECIFIED;
  X509_STORE_CTX *context = X509_STORE_CTX_new();
  ASN1_OBJECT *wanted = OBJ_txt2obj(policy, 1);
  if (context != NULL && wanted != NULL && X509_STORE_CTX_init(context, store->store, certificate, NULL)) {
    X509_VERIFY_PARAM *parameters = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_X509_STRICT | X509_V_FLAG_POLICY_CHECK | X509_V_FLAG_EXPLICIT_POLICY);
    if (X509_VERIFY_PARAM_add0_policy(parameters, wanted) == 1) wanted = NULL; // now theirs
    if (X509_verify_cert(context) == 1) {
      found = X509_V_OK;
    } else if (X509_STORE_CTX_get_error(context) != X509_V_OK) {
      found = X509_STORE_CTX_get_error(context);
    }
  }
  ASN1_OBJECT_free(wanted);
  X509_STORE_CTX_free(context);
  return found;
}

static void read_items(X509 *certificate, oracle_item *items, oracle_certificate *out) {
  GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
  for (int i = 0; names != NULL && i < sk_GENERAL_NAME_num(names); i++) {
    ASN1_OBJECT *type;
    ASN1_TYPE *value;
    if (out->item_count == ORACLE_ITEMS || GENERAL_NAME_get0_otherName(sk_GENERAL_NAME_value(names, i), &type, &value) != 1) continue;
    oracle_item *item = &items[out->item_count++];
    memset(item, 0, sizeof *item);
    OBJ_obj2txt(item->type, sizeof item->type, type, 1);
    item->is_utf8 = ASN1_TYPE_get(value) == V_ASN1_UTF8STRING;
    if (!item->is_utf8) continue;
    size_t length = (size_t)ASN1_STRING_length(value->value.utf8string);
    if (length > sizeof item->text) length = sizeof item->text;
    memcpy(item->text, ASN1_STRING_get0_data(value->value.utf8string), length);
    item->text_length = length;
  }
  GENERAL_NAMES_free(names);
}

static void read_policies(X509 *certificate, oracle_certificate *out) {
  CERTIFICATEPOLICIES *policies = X509_get_ext_d2i(certificate, NID_certificate_policies, NULL, NULL);
  for (int i = 0; policies != NULL && i < sk_POLICYINFO_num(policies) && out->policy_count < ORACLE_POLICIES; i++) {
    OBJ_obj2txt(out->policies[out->policy_count++], sizeof out->policies[0], sk_POLICYINFO_value(policies, i)->policyid, 1);
  }
  CERTIFICATEPOLICIES_free(policies);
}

static void read_key(X509 *certificate, oracle_certificate *out) {
  unsigned char *der = NULL;
  int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (length > 0) SHA256(der, (size_t)length, out->key_fingerprint);
  OPENSSL_free(der);
  STACK_OF(OPENSSL_STRING) *responders = X509_get1_ocsp(certificate);
  if (sk_OPENSSL_STRING_num(responders) > 0) OPENSSL_strlcpy(out->responder, sk_OPENSSL_STRING_value(responders, 0), sizeof out->responder);
  X509_email_free(responders);
}

void oracle_read_certificate(
  const oracle_store *store, const uint8_t *bytes, size_t length, const char *policy, oracle_item *items, oracle_certificate *out) {
  memset(out, 0, sizeof *out);
  out->verdict = X509_V_ERR_UNSPECIFIED;
  const unsigned char *cursor = bytes;
  X509 *certificate = d2i_X509(NULL, &cursor, (long)length);
  out->parsed = certificate != NULL && cursor == bytes + length;
  if (certificate == NULL) goto done;
  out->signature = X509_verify(certificate, X509_get0_pubkey(store->root)) == 1;
  oracle_note_broken(X509_get0_extensions(certificate), out->broken);
  out->flags_are_clean = (X509_get_extension_flags(certificate) & (EXFLAG_INVALID | EXFLAG_CRITICAL)) == 0;
  out->version = (int)X509_get_version(certificate) + 1;
  const ASN1_INTEGER *serial = X509_get0_serialNumber(certificate);
  out->serial_length = oracle_magnitude(serial, out->serial, sizeof out->serial);
  out->serial_is_negative = ASN1_STRING_type((const ASN1_STRING *)serial) == V_ASN1_NEG_INTEGER;
  out->not_before = oracle_seconds(X509_get0_notBefore(certificate));
  out->not_after = oracle_seconds(X509_get0_notAfter(certificate));
  out->key_usage = X509_get_key_usage(certificate);
  out->extended_key_usage = X509_get_extended_key_usage(certificate);
  out->is_authority = X509_check_ca(certificate) != 0;
  read_items(certificate, items, out);
  read_policies(certificate, out);
  read_key(certificate, out);
  out->verdict = verdict(store, certificate, policy);
done:
  X509_free(certificate);
  ERR_clear_error();
}
