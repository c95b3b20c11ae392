#pragma once
// What starting a sandboxed process takes and Swift's Glibc module leaves out.
#include <spawn.h>
#include <sys/vfs.h>

extern int pipe2(int ends[2], int flags);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

static inline int conclave_sandbox_pipe(int ends[2], int flags) { return pipe2(ends, flags); }

static inline int conclave_sandbox_close_from(posix_spawn_file_actions_t *actions, int from) {
  return posix_spawn_file_actions_addclosefrom_np(actions, from);
}
