/*
 * A server that does nothing: it answers whatever arrives with the same few bytes, at once.
 *
 *   bare PORT
 *
 * What a request to it takes is what machine, kernel and generator take; no server can be faster. A request
 * has to arrive in one piece, as small ones do on the loopback interface.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS 64
#define LONGEST_REQUEST 65536

static const char ANSWER[] =
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 16\r\n\r\n{\"prediction\":0}";

static int stop(const char *reason) {
  perror(reason);
  return 1;
}

static void watch(int poller, int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) != 0) exit(stop("epoll_ctl"));
}

static void answer(int fd) {
  static char request[LONGEST_REQUEST];
  ssize_t length = read(fd, request, sizeof request);
  if (length <= 0 || write(fd, ANSWER, sizeof ANSWER - 1) < 0) close(fd);
}

int main(int count, char **arguments) {
  if (count != 2) {
    fprintf(stderr, "usage: bare PORT\n");
    return 2;
  }
  int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0), poller = epoll_create1(0);
  struct sockaddr_in address = {
      .sin_family = AF_INET,
      .sin_port = htons((unsigned short)atoi(arguments[1])),
      .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
  };
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0) return stop("bind");
  if (listen(listener, SOMAXCONN) != 0) return stop("listen");
  watch(poller, listener);
  for (;;) {
    struct epoll_event events[EVENTS];
    int ready = epoll_wait(poller, events, EVENTS, -1);
    for (int index = 0; index < ready; index++) {
      int fd = events[index].data.fd;
      if (fd != listener) {
        answer(fd);
        continue;
      }
      int client = accept(listener, NULL, NULL);
      if (client < 0) continue;
      setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      watch(poller, client);
    }
  }
}
