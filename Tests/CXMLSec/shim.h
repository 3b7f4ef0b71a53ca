// xmlsec1 as the oracle of the tests sees it; the linker's flags come with its package.
#ifndef YONJO_CXMLSEC_H
#define YONJO_CXMLSEC_H
#endif
