#pragma once
#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>

// MHD_start_daemon and the two "get info" functions have variable arguments, which Swift cannot call.

struct conclave_mhd_log {
  void (*write)(void *owner, const char *line);
  void *owner;
};

static inline void conclave_mhd_write_log(void *log, const char *format, va_list arguments) {
  const struct conclave_mhd_log *target = log;
  char line[512];
  vsnprintf(line, sizeof(line), format, arguments);
  target->write(target->owner, line);
}

struct conclave_mhd_settings {
  int listener;
  unsigned int connections;
  unsigned int idle_seconds;
  size_t connection_memory;
  struct conclave_mhd_log *log;
  void *owner;
  MHD_AccessHandlerCallback access;
  MHD_RequestCompletedCallback completed;
  MHD_NotifyConnectionCallback connection;
};

static inline int conclave_mhd_digit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

// What `%00` stands for would end the text for everyone who reads it as C does, so it stays as it was written, like
// everything that is no such sign. Returns the length, as libmicrohttpd wants it.
static inline size_t conclave_mhd_unescape(void *owner, struct MHD_Connection *connection, char *text) {
  const char *from = text;
  char *to = text;
  (void)owner;
  (void)connection;
  while (*from) {
    const int high = *from == '%' ? conclave_mhd_digit(from[1]) : -1;
    const int low = high >= 0 ? conclave_mhd_digit(from[2]) : -1;
    if (low >= 0 && high + low > 0) {
      *to++ = (char)(high * 16 + low);
      from += 3;
    } else {
      *to++ = *from++;
    }
  }
  *to = 0;
  return (size_t)(to - text);
}

static inline struct MHD_Daemon *conclave_mhd_start(const struct conclave_mhd_settings *settings) {
  return MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC | MHD_USE_ERROR_LOG, 0, NULL, NULL,
      settings->access, settings->owner,
      MHD_OPTION_EXTERNAL_LOGGER, &conclave_mhd_write_log, settings->log,
      MHD_OPTION_LISTEN_SOCKET, settings->listener,
      MHD_OPTION_CONNECTION_LIMIT, settings->connections,
      MHD_OPTION_CONNECTION_TIMEOUT, settings->idle_seconds,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, settings->connection_memory,
      MHD_OPTION_STRICT_FOR_CLIENT, 1,
      MHD_OPTION_UNESCAPE_CALLBACK, &conclave_mhd_unescape, NULL,
      MHD_OPTION_NOTIFY_COMPLETED, settings->completed, settings->owner,
      MHD_OPTION_NOTIFY_CONNECTION, settings->connection, settings->owner,
      MHD_OPTION_END);
}

static inline int conclave_mhd_socket(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info ? (int)info->connect_fd : -1;
}

static inline const struct sockaddr *conclave_mhd_client(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  return info ? info->client_addr : NULL;
}

static inline void *conclave_mhd_socket_context(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info ? info->socket_context : NULL;
}

static inline size_t conclave_mhd_header_bytes(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
  return info ? info->header_size : 0;
}
