#pragma once
// Linux' epoll and eventfd, which Swift's Glibc module leaves out; flags as plain numbers rather than enums.
#include <errno.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

static const uint32_t conclave_poll_in = EPOLLIN;
static const uint32_t conclave_poll_out = EPOLLOUT;
static const uint32_t conclave_poll_hang_up = EPOLLRDHUP;
static const uint32_t conclave_poll_broken = EPOLLHUP | EPOLLERR;
static const uint32_t conclave_poll_once = EPOLLONESHOT;

static inline int conclave_poll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static inline int conclave_poll_bell(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

static inline int conclave_poll_set(int set, int change, int descriptor, uint32_t events, uint64_t key) {
  struct epoll_event event = {.events = events, .data = {.u64 = key}};
  return epoll_ctl(set, change, descriptor, &event);
}

static inline int conclave_poll_add(int set, int descriptor, uint32_t events, uint64_t key) {
  return conclave_poll_set(set, EPOLL_CTL_ADD, descriptor, events, key);
}

static inline int conclave_poll_change(int set, int descriptor, uint32_t events, uint64_t key) {
  return conclave_poll_set(set, EPOLL_CTL_MOD, descriptor, events, key);
}

static inline int conclave_poll_remove(int set, int descriptor) {
  return conclave_poll_set(set, EPOLL_CTL_DEL, descriptor, 0, 0);
}

struct conclave_poll_event {
  uint64_t key;
  uint32_t events;
};

static inline int conclave_poll_wait(int set, struct conclave_poll_event *found, int most, int milliseconds) {
  struct epoll_event events[256];
  int count = epoll_wait(set, events, most < 256 ? most : 256, milliseconds);
  for (int i = 0; i < count; i++) {
    found[i].key = events[i].data.u64;
    found[i].events = events[i].events;
  }
  return count;
}
