// What OpenSSL's own reader needs for a revocation list: Deploy/bench crl puts it beside ours. The file is mapped, so that only what OpenSSL makes of it
// counts as anonymous memory. Prints one line: seconds of d2i_X509_CRL alone, entries.
#include <fcntl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int count, char **arguments) {
  if (count != 2) {
    fprintf(stderr, "usage: openssl-crl FILE\n");
    return 2;
  }
  int file = open(arguments[1], O_RDONLY);
  struct stat state;
  if (file < 0 || fstat(file, &state) != 0 || state.st_size == 0) {
    fprintf(stderr, "%s cannot be read.\n", arguments[1]);
    return 2;
  }
  const unsigned char *bytes = mmap(NULL, (size_t)state.st_size, PROT_READ, MAP_PRIVATE, file, 0);
  if (bytes == MAP_FAILED) return 3;
  double begin = now();
  const unsigned char *cursor = bytes;
  X509_CRL *list = d2i_X509_CRL(NULL, &cursor, (long)state.st_size);
  double end = now();
  if (list == NULL) {
    fprintf(stderr, "OpenSSL does not take it.\n");
    return 1;
  }
  printf("seconds=%.3f entries=%d\n", end - begin, sk_X509_REVOKED_num(X509_CRL_get_REVOKED(list)));
  fflush(stdout);
  // Freeing it all would take as long again.
  _exit(0);
}
