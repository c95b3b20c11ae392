#pragma once
#include <stddef.h>
#include <stdint.h>

// The plainest program that does a model-caller's work: it reads commands, asks a provider and writes a record for each
// answer, with libcurl's multi interface and librdkafka and nothing else. What a model-caller is measured against.
struct conclave_call_loop {
  const char *const *consumer_names;
  const char *const *consumer_values;
  size_t consumer_count;
  const char *const *producer_names;
  const char *const *producer_values;
  size_t producer_count;
  const char *commands;
  int32_t partitions;
  const char *outcomes;
  const char *url;
  // What is asked: the same for each call.
  const char *question;
  size_t in_flight;
};

// Runs until the process is ended. Returns only where something cannot be had, with what that is.
const char *conclave_call_loop(const struct conclave_call_loop *options);
