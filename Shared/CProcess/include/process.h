#pragma once
#include <sys/types.h>

// What a supervisor needs of Linux and Swift cannot say itself. Everything returns a negated errno where it fails.

/// Starts a program in a process group of its own with /dev/null as its input and `output` as its output and error.
/// `announce` becomes its descriptor 3 (-1: none); every other descriptor is closed to it, every signal is at its default.
///
/// The kernel kills the child (SIGKILL) when the *thread* that called this ends: call it from one that lives as long
/// as the process.
/// - Returns: the process id; or what kept it from being started, the failure of `execve` included.
pid_t conclave_spawn(const char *path, char *const arguments[], char *const environment[], int output, int announce,
                     int *pidfd);

/// Takes the end of the child behind `pidfd`, without waiting.
/// - Returns: 1 when it has ended (`code` is its exit status, or the negated signal that ended it), 0 while it lives.
int conclave_reap(int pidfd, int *code);

/// Sends a signal to exactly the process behind `pidfd`, whatever became of its number.
int conclave_signal(int pidfd, int number);

/// Blocks SIGINT and SIGTERM for this thread and those it starts, and returns a descriptor to read them from.
int conclave_take_signals(void);

/// The number of the next signal that waits on that descriptor; 0: none.
int conclave_next_signal(int descriptor);

/// A descriptor that another thread can wake a poll with, and the two things to do with it.
int conclave_bell(void);
void conclave_ring(int bell);
void conclave_hush(int bell);

/// A pipe that no other child inherits: `ends[0]` is read from without blocking, `ends[1]` is written to.
int conclave_pipe(int ends[2]);
