#ifndef YONJO_CLIBPQ_H
#define YONJO_CLIBPQ_H
#include <libpq-fe.h>
#endif
