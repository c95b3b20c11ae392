#define _GNU_SOURCE
#include "slow_names.h"

#include <dlfcn.h>
#include <netdb.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

// Stands before glibc's function in the test program, so that libcurl meets a name whose look-up takes long, as it does
// where a name server does not answer. Every other name is looked up as ever.
static atomic_int asked;

int slow_names_asked(void) { return atomic_load(&asked); }

int getaddrinfo(const char *host, const char *port, const struct addrinfo *hints, struct addrinfo **found) {
  if (host && strcmp(host, "slow.test") == 0) {
    atomic_fetch_add(&asked, 1);
    sleep(5);
    return EAI_AGAIN;
  }
  int (*usual)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
      dlsym(RTLD_NEXT, "getaddrinfo");
  return usual ? usual(host, port, hints, found) : EAI_SYSTEM;
}
