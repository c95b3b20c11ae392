#define _GNU_SOURCE
#include "call_loop.h"

#include <curl/curl.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

// One call: its handle is used again for the next one, with the connection that it leaves behind.
struct call {
  CURL *easy;
  struct curl_slist *headers;
  char *answer;
  size_t length, room;
  char key[256];
  size_t key_length;
  struct call *next;
};

struct loop {
  const struct conclave_call_loop *options;
  rd_kafka_t *consumer, *producer;
  rd_kafka_topic_t *outcomes;
  CURLM *multi;
  int poller;
  double timer;  // when libcurl wants to be called; negative: not
  struct call *free;
  size_t flying;
  unsigned long number;
};

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static rd_kafka_t *client(rd_kafka_type_t type, const char *const *names, const char *const *values, size_t count) {
  char text[256];
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  for (size_t index = 0; index < count; index++)
    if (rd_kafka_conf_set(conf, names[index], values[index], text, sizeof text) != RD_KAFKA_CONF_OK) {
      rd_kafka_conf_destroy(conf);
      return NULL;
    }
  rd_kafka_t *rk = rd_kafka_new(type, conf, text, sizeof text);
  if (!rk) rd_kafka_conf_destroy(conf);
  return rk;
}

static size_t body(char *bytes, size_t size, size_t count, void *owner) {
  struct call *call = owner;
  size_t length = size * count;
  if (call->length + length > call->room) {
    size_t room = 2 * (call->length + length);
    char *longer = realloc(call->answer, room);
    if (!longer) return 0;
    call->answer = longer;
    call->room = room;
  }
  memcpy(call->answer + call->length, bytes, length);
  call->length += length;
  return length;
}

static int watch(CURL *easy, curl_socket_t socket, int what, void *owner, void *known) {
  struct loop *loop = owner;
  (void)easy;
  struct epoll_event event = {.data.fd = socket};
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(loop->poller, EPOLL_CTL_DEL, socket, &event);
    return 0;
  }
  if (what & CURL_POLL_IN) event.events |= EPOLLIN;
  if (what & CURL_POLL_OUT) event.events |= EPOLLOUT;
  if (known) {
    epoll_ctl(loop->poller, EPOLL_CTL_MOD, socket, &event);
  } else {
    epoll_ctl(loop->poller, EPOLL_CTL_ADD, socket, &event);
    curl_multi_assign(loop->multi, socket, loop);
  }
  return 0;
}

static int timer(CURLM *multi, long milliseconds, void *owner) {
  struct loop *loop = owner;
  (void)multi;
  loop->timer = milliseconds < 0 ? -1 : now() + (double)milliseconds / 1e3;
  return 0;
}

static struct call *make(struct loop *loop) {
  struct call *call = calloc(1, sizeof *call);
  if (!call) return NULL;
  call->easy = curl_easy_init();
  if (!call->easy) {
    free(call);
    return NULL;
  }
  curl_easy_setopt(call->easy, CURLOPT_URL, loop->options->url);
  curl_easy_setopt(call->easy, CURLOPT_PROXY, "");
  curl_easy_setopt(call->easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(call->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(call->easy, CURLOPT_POST, 1L);
  curl_easy_setopt(call->easy, CURLOPT_POSTFIELDSIZE, (long)strlen(loop->options->question));
  curl_easy_setopt(call->easy, CURLOPT_POSTFIELDS, loop->options->question);
  curl_easy_setopt(call->easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
  curl_easy_setopt(call->easy, CURLOPT_WRITEFUNCTION, body);
  curl_easy_setopt(call->easy, CURLOPT_WRITEDATA, call);
  curl_easy_setopt(call->easy, CURLOPT_PRIVATE, call);
  return call;
}

// The key of a command is the id of its call. What comes of it is written where its key belongs: whoever folds the log
// looks for it there.
static int start(struct loop *loop, const rd_kafka_message_t *message) {
  struct call *call = loop->free;
  if (call) {
    loop->free = call->next;
  } else {
    call = make(loop);
    if (!call) return -1;
  }
  char line[512];
  call->length = 0;
  call->key_length = message->key_len < sizeof call->key ? message->key_len : sizeof call->key;
  memcpy(call->key, message->key, call->key_length);
  call->headers = curl_slist_append(NULL, "Content-Type: application/json");
  call->headers = curl_slist_append(call->headers, "Expect:");
  snprintf(line, sizeof line, "x-conclave-call: %.*s", (int)message->key_len, (const char *)message->key);
  call->headers = curl_slist_append(call->headers, line);
  snprintf(line, sizeof line, "x-conclave-execution: %d-%lu", (int)getpid(), loop->number++);
  call->headers = curl_slist_append(call->headers, line);
  curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers);
  loop->flying++;
  return curl_multi_add_handle(loop->multi, call->easy) == CURLM_OK ? 0 : -1;
}

static void take(struct loop *loop) {
  while (loop->flying < loop->options->in_flight) {
    rd_kafka_message_t *message = rd_kafka_consumer_poll(loop->consumer, 0);
    if (!message) return;
    if (!message->err) start(loop, message);
    rd_kafka_message_destroy(message);
  }
}

static void finish(struct loop *loop) {
  CURLMsg *message;
  int left;
  while ((message = curl_multi_info_read(loop->multi, &left))) {
    if (message->msg != CURLMSG_DONE) continue;
    struct call *call = NULL;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call);
    curl_multi_remove_handle(loop->multi, call->easy);
    while (rd_kafka_produce(loop->outcomes, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, call->answer, call->length,
                            call->key, call->key_length, NULL) == -1 &&
           rd_kafka_last_error() == RD_KAFKA_RESP_ERR__QUEUE_FULL)
      rd_kafka_poll(loop->producer, 10);
    curl_slist_free_all(call->headers);
    call->next = loop->free;
    loop->free = call;
    loop->flying--;
  }
}

static void run(struct loop *loop, int bell) {
  for (;;) {
    take(loop);
    double wait = loop->timer < 0 ? 0.1 : loop->timer - now();
    if (wait > 0.1) wait = 0.1;
    struct epoll_event events[256];
    int count = epoll_wait(loop->poller, events, 256, wait <= 0 ? 0 : (int)(wait * 1e3) + 1);
    int running;
    for (int index = 0; index < count; index++) {
      if (events[index].data.fd == bell) {
        uint64_t rung;
        (void)!read(bell, &rung, sizeof rung);
        continue;
      }
      int flags = 0;
      if (events[index].events & EPOLLIN) flags |= CURL_CSELECT_IN;
      if (events[index].events & EPOLLOUT) flags |= CURL_CSELECT_OUT;
      if (events[index].events & (EPOLLERR | EPOLLHUP)) flags |= CURL_CSELECT_ERR;
      curl_multi_socket_action(loop->multi, events[index].data.fd, flags, &running);
    }
    if (loop->timer >= 0 && loop->timer <= now()) {
      loop->timer = -1;
      curl_multi_socket_action(loop->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    finish(loop);
    rd_kafka_poll(loop->producer, 0);
  }
}

const char *conclave_call_loop(const struct conclave_call_loop *options) {
  struct loop loop = {.options = options, .timer = -1};
  loop.consumer = client(RD_KAFKA_CONSUMER, options->consumer_names, options->consumer_values, options->consumer_count);
  loop.producer = client(RD_KAFKA_PRODUCER, options->producer_names, options->producer_values, options->producer_count);
  if (!loop.consumer || !loop.producer) return "a handle of librdkafka";
  loop.outcomes = rd_kafka_topic_new(loop.producer, options->outcomes, NULL);
  if (!loop.outcomes) return "the topic of outcomes";
  curl_global_init(CURL_GLOBAL_ALL);
  loop.multi = curl_multi_init();
  loop.poller = epoll_create1(EPOLL_CLOEXEC);
  int bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (!loop.multi || loop.poller < 0 || bell < 0) return "a poller";
  curl_multi_setopt(loop.multi, CURLMOPT_SOCKETFUNCTION, watch);
  curl_multi_setopt(loop.multi, CURLMOPT_SOCKETDATA, &loop);
  curl_multi_setopt(loop.multi, CURLMOPT_TIMERFUNCTION, timer);
  curl_multi_setopt(loop.multi, CURLMOPT_TIMERDATA, &loop);
  curl_multi_setopt(loop.multi, CURLMOPT_MAXCONNECTS, 20000L);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = bell};
  epoll_ctl(loop.poller, EPOLL_CTL_ADD, bell, &event);

  rd_kafka_poll_set_consumer(loop.consumer);
  rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(loop.consumer);
  uint64_t one = 1;
  rd_kafka_queue_io_event_enable(queue, bell, &one, sizeof one);
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(options->partitions);
  for (int32_t partition = 0; partition < options->partitions; partition++)
    rd_kafka_topic_partition_list_add(list, options->commands, partition)->offset = RD_KAFKA_OFFSET_BEGINNING;
  rd_kafka_assign(loop.consumer, list);
  rd_kafka_topic_partition_list_destroy(list);
  run(&loop, bell);
  return NULL;
}
