#ifndef YONJO_CLIBPQ_H
#define YONJO_CLIBPQ_H
#include <libpq-fe.h>
/* The threads that drive libpq are woken through an eventfd, which Swift's Glibc module does not offer. */
#include <sys/eventfd.h>
#endif
