#pragma once
// The plainest loops over librdkafka that do what the bus's producer and consumer do: what the bus is measured against.
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static inline double conclave_plain_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

// What the calling thread has computed for, which a busy machine does not change.
static inline double conclave_plain_cpu(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static inline rd_kafka_t *conclave_plain_new(
    rd_kafka_type_t type, const char *const *names, const char *const *values, size_t count) {
  char text[256];
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  for (size_t index = 0; index < count; index++)
    if (rd_kafka_conf_set(conf, names[index], values[index], text, sizeof(text)) != RD_KAFKA_CONF_OK) {
      rd_kafka_conf_destroy(conf);
      return NULL;
    }
  rd_kafka_t *rk = rd_kafka_new(type, conf, text, sizeof(text));
  if (!rk) rd_kafka_conf_destroy(conf);
  return rk;
}

static inline rd_kafka_t *conclave_plain_consumer(
    const char *const *names, const char *const *values, size_t count, const char *topic, int32_t partitions,
    const int64_t *starts) {
  rd_kafka_t *rk = conclave_plain_new(RD_KAFKA_CONSUMER, names, values, count);
  if (!rk) return NULL;
  rd_kafka_poll_set_consumer(rk);
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
  for (int32_t partition = 0; partition < partitions; partition++)
    rd_kafka_topic_partition_list_add(list, topic, partition)->offset = starts[partition];
  rd_kafka_assign(rk, list);
  rd_kafka_topic_partition_list_destroy(list);
  return rk;
}

// Pauses of up to two milliseconds, the same ones for whoever begins with the same seed: without them each record meets
// the same moment of the fetches' rhythm, and the figure is luck.
static inline unsigned conclave_plain_pause(uint32_t *seed) {
  *seed = *seed * 1664525u + 1013904223u;
  return (*seed >> 8) % 2000;
}

// One record after the other through partition 0: seconds[i] is the time from producing the first of `links` records, each
// sent when the one before it is there, to having the last. A negative `start` is the topic's end. Returns how many came
// before the time was over.
static inline size_t conclave_plain_hops(
    const char *const *producer_names, const char *const *producer_values, size_t producer_count,
    const char *const *consumer_names, const char *const *consumer_values, size_t consumer_count, const char *topic,
    int64_t start, const void *payload, size_t size, double *seconds, size_t hops, size_t links, double limit) {
  rd_kafka_t *producer = conclave_plain_new(RD_KAFKA_PRODUCER, producer_names, producer_values, producer_count);
  int64_t low;
  if (producer && start < 0) rd_kafka_query_watermark_offsets(producer, topic, 0, &low, &start, 10000);
  rd_kafka_t *consumer =
      conclave_plain_consumer(consumer_names, consumer_values, consumer_count, topic, 1, &start);
  size_t done = 0;
  uint32_t seed = 1;
  if (producer && consumer) {
    rd_kafka_topic_t *rkt = rd_kafka_topic_new(producer, topic, NULL);
    const struct rd_kafka_metadata *metadata = NULL;
    if (!rd_kafka_metadata(producer, 0, rkt, &metadata, 10000)) rd_kafka_metadata_destroy(metadata);
    double deadline = conclave_plain_now() + limit;
    while (done < hops && conclave_plain_now() < deadline) {
      usleep(conclave_plain_pause(&seed));
      double begin = conclave_plain_now();
      size_t link = 0;
      for (; link < links; link++) {
        if (rd_kafka_produce(rkt, 0, RD_KAFKA_MSG_F_COPY, (void *)payload, size, NULL, 0, NULL) == -1) break;
        rd_kafka_message_t *message = NULL;
        while (!message && conclave_plain_now() < deadline) {
          message = rd_kafka_consumer_poll(consumer, 100);
          if (message && message->err) {
            rd_kafka_message_destroy(message);
            message = NULL;
          }
        }
        if (!message) break;
        rd_kafka_message_destroy(message);
      }
      if (link < links) break;
      seconds[done++] = conclave_plain_now() - begin;
      rd_kafka_poll(producer, 0);
    }
    rd_kafka_flush(producer, 1000);
    rd_kafka_topic_destroy(rkt);
  }
  if (consumer) rd_kafka_destroy_flags(consumer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  if (producer) rd_kafka_destroy(producer);
  return done;
}

// Reads that many records; the seconds from the first to the last, or a negative number where they did not come in time,
// and the seconds that this thread computed for.
static inline double conclave_plain_read(
    const char *const *names, const char *const *values, size_t count, const char *topic, int32_t partitions,
    const int64_t *starts, size_t records, double limit, size_t *bytes, double *cpu) {
  rd_kafka_t *consumer = conclave_plain_consumer(names, values, count, topic, partitions, starts);
  if (!consumer) return -1;
  double deadline = conclave_plain_now() + limit, first = 0, last = -1, cpu_first = 0;
  size_t read = 0;
  *bytes = 0;
  while (read < records) {
    rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 100);
    if (!message) {
      if (conclave_plain_now() > deadline) break;
      continue;
    }
    if (!message->err) {
      if (read == 0) {
        first = conclave_plain_now();
        cpu_first = conclave_plain_cpu();
      }
      read++;
      *bytes += message->len;
    }
    rd_kafka_message_destroy(message);
  }
  last = conclave_plain_now();
  *cpu = conclave_plain_cpu() - cpu_first;
  rd_kafka_destroy_flags(consumer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  return read == records ? last - first : -1;
}
