#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

// Between fork and exec only what is safe after a fork in a process with threads: system calls, no memory, no locks.
static void become(pid_t parent, const char *path, char *const arguments[], char *const environment[], int output,
                   int announce, int failure) {
  // A parent that died before the first line of this would never be noticed: hence the second question.
  int error = 0;
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) _exit(127);
  setpgid(0, 0);
  for (int number = 1; number < 32; number++) {
    if (number != SIGKILL && number != SIGSTOP) signal(number, SIG_DFL);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  int nothing = open("/dev/null", O_RDONLY);
  // Out of the way first: one of them may sit where another one must go.
  output = fcntl(output, F_DUPFD_CLOEXEC, 16);
  failure = fcntl(failure, F_DUPFD_CLOEXEC, 16);
  if (announce >= 0) announce = fcntl(announce, F_DUPFD_CLOEXEC, 16);
  if (nothing < 0 || output < 0 || failure < 0) _exit(127);
  if (dup2(nothing, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0) error = errno;
  if (!error && announce >= 0 && dup2(announce, 3) < 0) error = errno;
  // CLOSE_RANGE_CLOEXEC: everything above goes when the program comes, `failure` included, which tells the parent so.
  syscall(SYS_close_range, announce >= 0 ? 4 : 3, ~0U, 4U);
  if (!error) {
    execve(path, arguments, environment);
    error = errno;
  }
  ssize_t written = write(failure, &error, sizeof error);
  _exit(written == sizeof error ? 127 : 126);
}

pid_t conclave_spawn(const char *path, char *const arguments[], char *const environment[], int output, int announce,
                     int *pidfd) {
  int failure[2];
  if (pipe2(failure, O_CLOEXEC) != 0) return -errno;
  pid_t parent = getpid();
  // No signal may reach the child while it still looks like the parent.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_t child = fork();
  if (child == 0) become(parent, path, arguments, environment, output, announce, failure[1]);
  int error = child < 0 ? errno : 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  close(failure[1]);
  if (child > 0) {
    ssize_t count;
    do count = read(failure[0], &error, sizeof error);
    while (count < 0 && errno == EINTR);
    if (count == 0) {
      // Nobody else waits for this child, so its number is still its own.
      *pidfd = (int)syscall(SYS_pidfd_open, child, 0);
      if (*pidfd < 0) error = errno;
    } else if (count != sizeof error) {
      error = EIO;
    }
    if (error) {
      kill(child, SIGKILL);
      while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
    }
  }
  close(failure[0]);
  return error ? -error : child;
}

int conclave_reap(int pidfd, int *code) {
  siginfo_t info = {0};
  int status;
  do status = waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG);
  while (status < 0 && errno == EINTR);
  if (status < 0) return -errno;
  if (info.si_pid == 0) return 0;
  *code = info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
  return 1;
}

int conclave_signal(int pidfd, int number) {
  return syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0) == 0 ? 0 : -errno;
}

int conclave_take_signals(void) {
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGINT);
  sigaddset(&wanted, SIGTERM);
  int error = pthread_sigmask(SIG_BLOCK, &wanted, NULL);
  if (error) return -error;
  // A reader of our output that goes away must not take the whole system with it.
  signal(SIGPIPE, SIG_IGN);
  int descriptor = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
  return descriptor < 0 ? -errno : descriptor;
}

int conclave_next_signal(int descriptor) {
  struct signalfd_siginfo info;
  return read(descriptor, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : 0;
}

int conclave_bell(void) {
  int bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return bell < 0 ? -errno : bell;
}

void conclave_ring(int bell) {
  uint64_t one = 1;
  // Full means that it rings already.
  if (write(bell, &one, sizeof one) < 0) return;
}

void conclave_hush(int bell) {
  uint64_t count;
  if (read(bell, &count, sizeof count) < 0) return;
}

int conclave_pipe(int ends[2]) {
  if (pipe2(ends, O_CLOEXEC) != 0) return -errno;
  if (fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) {
    int error = errno;
    close(ends[0]);
    close(ends[1]);
    return -error;
  }
  return 0;
}
