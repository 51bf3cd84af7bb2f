/*
 * Turns a crash into a last line of the log.
 *
 * XGBoost's library reads model files that others wrote. What is checked before it reads them leaves nothing
 * known that could crash it; should it happen all the same, the process ends with a sentence and not without.
 * So it does where a pickle brings code of another Python.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

static const int SIGNALS[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
enum { COUNT = sizeof SIGNALS / sizeof *SIGNALS, LONGEST = 8192 };

static struct sigaction before[COUNT];
static char line[LONGEST];
static size_t length;
/* A stack of its own: the usual one may be what is exhausted. */
static char stack[1 << 16];

static void last_words(int signal) {
  (void)signal;
  for (size_t written = 0; written < length;) {
    const ssize_t count = write(STDOUT_FILENO, line + written, length - written);
    if (count <= 0) break;
    written += (size_t)count;
  }
  _exit(1);
}

/* From now on a crash writes `text` to standard output, and the exit code is 1. */
void expect_crash(const char *text) {
  length = strnlen(text, LONGEST);
  memcpy(line, text, length);
  const stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};
  sigaltstack(&own, NULL);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = last_words;
  action.sa_flags = SA_ONSTACK | (int)SA_RESETHAND;
  for (int i = 0; i < COUNT; i++) sigaction(SIGNALS[i], &action, &before[i]);
}

/* And from now on as before. */
void expect_no_crash(void) {
  for (int i = 0; i < COUNT; i++) sigaction(SIGNALS[i], &before[i], NULL);
}
