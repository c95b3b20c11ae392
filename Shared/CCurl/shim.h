#pragma once
// What is declared in <sys/socket.h> belongs to the module that was read first. It is to be Glibc's, in whatever order
// files are compiled.
#pragma clang module import SwiftGlibc
#include <curl/curl.h>

// curl_easy_setopt, curl_easy_getinfo and curl_multi_setopt have variable arguments, which Swift cannot call; in C they
// are macros that check types, so each kind of argument has its own function here.

static inline CURLcode conclave_curl_number(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode conclave_curl_size(CURL *easy, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode conclave_curl_text(CURL *easy, CURLoption option, const char *value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode conclave_curl_bytes(CURL *easy, CURLoption option, const void *value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode conclave_curl_buffer(CURL *easy, CURLoption option, char *value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode conclave_curl_list(CURL *easy, CURLoption option, struct curl_slist *value) {
  return curl_easy_setopt(easy, option, value);
}

typedef size_t (*conclave_curl_sink)(char *bytes, size_t size, size_t count, void *owner);

static inline CURLcode conclave_curl_sinks(CURL *easy, conclave_curl_sink head, conclave_curl_sink body, void *owner) {
  CURLcode code = curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, head);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_HEADERDATA, owner);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_WRITEDATA, owner);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_PRIVATE, owner);
  return code;
}

/// What is asked for a socket, in libcurl's place.
static inline CURLcode conclave_curl_opener(CURL *easy, curl_opensocket_callback open, void *owner) {
  CURLcode code = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, owner);
  return code;
}

static inline const struct sockaddr *conclave_curl_peer(const struct curl_sockaddr *address) { return &address->addr; }

static inline void *conclave_curl_owner(CURL *easy) {
  char *owner = NULL;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &owner);
  return owner;
}

static inline curl_off_t conclave_curl_time(CURL *easy, CURLINFO info) {
  curl_off_t value = 0;
  curl_easy_getinfo(easy, info, &value);
  return value;
}

static inline long conclave_curl_connects(CURL *easy) {
  long value = 0;
  curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &value);
  return value;
}

static inline CURLMcode conclave_curl_multi(CURLM *multi, curl_socket_callback sockets, curl_multi_timer_callback timer,
                                            void *owner, long connections) {
  CURLMcode code = curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, sockets);
  if (!code) code = curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, owner);
  if (!code) code = curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer);
  if (!code) code = curl_multi_setopt(multi, CURLMOPT_TIMERDATA, owner);
  if (!code) code = curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, connections);
  return code;
}

/// The next transfer that has ended, or NULL.
static inline CURL *conclave_curl_ended(CURLM *multi, CURLcode *result) {
  int left = 0;
  CURLMsg *message;
  while ((message = curl_multi_info_read(multi, &left))) {
    if (message->msg == CURLMSG_DONE) {
      *result = message->data.result;
      return message->easy_handle;
    }
  }
  return NULL;
}
