#include "XMLSecOracle.h"

#ifdef YONJO_XML_SIGNATURES

// As Debian builds the library.
#ifndef XMLSEC_NO_SIZE_T
#define XMLSEC_NO_SIZE_T
#endif
#ifndef XMLSEC_NO_CRYPTO_DYNAMIC_LOADING
#define XMLSEC_NO_CRYPTO_DYNAMIC_LOADING
#endif

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <limits.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>
// First: the others need its types.
#include <xmlsec/xmlsec.h>
#include <xmlsec/errors.h>
#include <xmlsec/openssl/app.h>
#include <xmlsec/openssl/crypto.h>
#include <xmlsec/openssl/evp.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmltree.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int is_ready;

static void start(void) {
  xmlInitParser();
  is_ready = xmlSecInit() == 0 && xmlSecOpenSSLInit() == 0;
  // What it refuses it says on stderr otherwise.
  xmlSecErrorsDefaultCallbackEnableOutput(0);
}

typedef struct {
  xmlDocPtr document;
  xmlNodePtr signature;
  xmlSecDSigCtxPtr context;
} work;

static void finish(work *one) {
  if (one->context != NULL) xmlSecDSigCtxDestroy(one->context);
  if (one->document != NULL) xmlFreeDoc(one->document);
}

static int prepare(work *one, const uint8_t *xml, size_t length, EVP_PKEY *key) {
  memset(one, 0, sizeof *one);
  pthread_once(&once, start);
  if (!is_ready || length > INT_MAX) return 0;
  one->document = xmlReadMemory((const char *)xml, (int)length, NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
  if (one->document == NULL) return 0;
  xmlNodePtr root = xmlDocGetRootElement(one->document);
  if (root == NULL) return 0;
  static const xmlChar *ids[] = {BAD_CAST "Id", NULL};
  xmlSecAddIDs(one->document, root, ids);
  one->signature = xmlSecFindNode(root, xmlSecNodeSignature, xmlSecDSigNs);
  one->context = xmlSecDSigCtxCreate(NULL);
  if (one->signature == NULL || one->context == NULL) return 0;
  one->context->signKey = xmlSecKeyCreate();
  if (one->context->signKey == NULL) return 0;
  EVP_PKEY_up_ref(key);
  xmlSecKeyDataPtr value = xmlSecOpenSSLEvpKeyAdopt(key);
  if (value == NULL) {
    EVP_PKEY_free(key);
    return 0;
  }
  return xmlSecKeySetValue(one->context->signKey, value) == 0;
}

long yonjo_xmlsec_sign(const uint8_t *xml, size_t length, void *key, uint8_t **output) {
  work one;
  xmlChar *text = NULL;
  int size = -1;
  *output = NULL;
  if (prepare(&one, xml, length, key) && xmlSecDSigCtxSign(one.context, one.signature) == 0) xmlDocDumpMemory(one.document, &text, &size);
  finish(&one);
  *output = text;
  return text == NULL ? -1 : size;
}

int yonjo_xmlsec_verify(const uint8_t *xml, size_t length, void *key) {
  work one;
  int outcome = prepare(&one, xml, length, key) && xmlSecDSigCtxVerify(one.context, one.signature) == 0 &&
                one.context->status == xmlSecDSigStatusSucceeded;
  finish(&one);
  return outcome;
}

void yonjo_xmlsec_free(void *memory) { xmlFree(memory); }

#endif
