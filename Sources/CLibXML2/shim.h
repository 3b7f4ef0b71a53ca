// libxml2 as JPKI sees it, where the trait XMLSignatures asks for it.
#ifndef YONJO_CLIBXML2_H
#define YONJO_CLIBXML2_H
// Debian's libxml2 is built with ICU, whose headers Foundation brings too, in another version. Only a structure that nobody here touches names it.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED
#include <libxml/c14n.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlIO.h>
#endif
