/*
 * Sends one HTTP request again and again at a given rate, whether answers come or not (open loop).
 *
 *   generator PORT RATE SECONDS CONNECTIONS PATIENCE [BODY] < request
 *
 * A request that is due takes an idle connection, or opens one while there are fewer than CONNECTIONS, or
 * waits; after PATIENCE seconds it gives up. Answers count from the moment their request was due, so that a
 * server that stalls cannot hide it; refusals from when the server could know of the request. Connections are
 * kept until the server closes them. If BODY is given, answers with another body are counted as wrong ones.
 * Prints one JSON document; see `report`.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST_CONNECTIONS 4096
#define MOST_REQUESTS 10000000
#define LONGEST_REQUEST 65536
#define LONGEST_RESPONSE 8192
#define EVENTS 256
/* How many connections are open before the first request is due. */
#define OPEN_AT_START 8
/* Seconds that requests on their way get once no more are due. */
#define LAST_WAIT 10.0
/* Timers are late by some tens of microseconds: it wakes up this much early, and waits the rest out. */
#define AWAKE 200e-6

typedef enum { CLOSED, CONNECTING, IDLE, BUSY } State;

typedef struct {
  int fd;
  State state;
  int place;    /* in `idle`, if it is */
  double due;
  double begun; /* when its request was sent, or the connection for it asked for */
  size_t length;
  char response[LONGEST_RESPONSE + 1];
} Connection;

typedef struct {
  int status;
  int is_last;      /* the server closes the connection */
  int is_retryable; /* it says when to try again */
  const char *body;
} Response;

typedef struct {
  double *values;
  long count;
} Times;

static Connection connections[MOST_CONNECTIONS];
/* Those without a request, the last used on top; and those that are not open. */
static int idle[MOST_CONNECTIONS], idles, closed[MOST_CONNECTIONS], closeds;
static char request[LONGEST_REQUEST];
static size_t request_length;
static struct sockaddr_in address;
static int poller, on_their_way;
static long answered_in_time, retryable, wrong, failed;
static const char *expected; /* the body of a right answer, if that is of interest */
static double end;
/* `lateness` is the generator's own: between due and sent, with a connection at hand. */
static Times answered, refused, lateness;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void stop(const char *reason) {
  fprintf(stderr, "generator: %s\n", reason);
  exit(1);
}

static void make_room(Times *times, long count) {
  times->values = malloc((size_t)count * sizeof(double));
  if (!times->values) stop("not enough memory");
}

static void add(Times *times, double value) { times->values[times->count++] = value; }

static void rest(Connection *c) {
  c->state = IDLE;
  c->length = 0;
  c->place = idles;
  idle[idles++] = (int)(c - connections);
}

static Connection *wake(void) {
  return &connections[idle[--idles]];
}

static void disconnect(Connection *c) {
  close(c->fd);
  if (c->state == IDLE) {
    idle[c->place] = idle[--idles];
    connections[idle[c->place]].place = c->place;
  } else {
    failed++;
    on_their_way--;
  }
  c->state = CLOSED;
  closed[closeds++] = (int)(c - connections);
}

static void send_request(Connection *c) {
  c->state = BUSY;
  c->length = 0;
  /* One that is so small fits into the socket's buffer, or else the connection is broken. */
  if (send(c->fd, request, request_length, MSG_NOSIGNAL) != (ssize_t)request_length) disconnect(c);
}

static int watch(Connection *c, uint32_t events) {
  struct epoll_event event = {.events = events | EPOLLIN | EPOLLET, .data.ptr = c};
  const int yes = 1;
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event);
}

/* Opens a connection; its request goes out once it is there. */
static void connect_for(Connection *c, double due, double moment) {
  c->due = due;
  c->begun = moment;
  c->state = CONNECTING;
  on_their_way++;
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (c->fd < 0) stop("no more sockets: raise the limit of open files");
  const int result = connect(c->fd, (struct sockaddr *)&address, sizeof address);
  if ((result != 0 && errno != EINPROGRESS) || watch(c, EPOLLOUT) != 0) disconnect(c);
}

static void open_at_start(int count) {
  while (count-- > 0) {
    Connection *c = &connections[closed[--closeds]];
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&address, sizeof address) != 0)
      stop("nobody listens");
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    if (watch(c, 0) != 0) stop("cannot watch a connection");
    rest(c);
  }
}

/* A header's value in a head that ends at `body`, or NULL. */
static const char *header(const char *head, const char *body, const char *name) {
  const char *found = strcasestr(head, name);
  return found && found < body ? found + strlen(name) : NULL;
}

/* Whether a chunked body has its last chunk, and the empty line after it. */
static int has_last_chunk(const char *at, const char *last) {
  for (;;) {
    const char *line = strstr(at, "\r\n");
    if (!line) return 0;
    const long size = strtol(at, NULL, 16);
    if (size == 0) return strstr(line, "\r\n\r\n") != NULL;
    if (size < 0 || size > last - line - 4) return 0;
    at = line + 2 + size + 2;
  }
}

static int is_complete(const Connection *c, Response *response) {
  const char *body = strstr(c->response, "\r\n\r\n");
  if (!body) return 0;
  const char *last = c->response + c->length;
  const char *length = header(c->response, body, "\r\ncontent-length:");
  const char *coding = header(c->response, body, "\r\ntransfer-encoding: chunked");
  if (!(length ? last - (body + 4) >= atol(length) : coding && has_last_chunk(body + 4, last))) return 0;
  response->status = c->length > 12 ? atoi(c->response + 9) : 0;
  response->is_last = header(c->response, body, "\r\nconnection: close") != NULL;
  response->is_retryable = header(c->response, body, "\r\nretry-after:") != NULL;
  response->body = body + 4;
  return 1;
}

static void count(const Connection *c, const Response *response) {
  const double moment = now();
  if (response->status / 100 == 2) {
    add(&answered, moment - c->due);
    answered_in_time += moment < end;
    wrong += expected && strcmp(response->body, expected) != 0;
  } else if (response->status == 503 || response->status == 429) {
    add(&refused, moment - c->begun);
    retryable += response->is_retryable;
  } else {
    failed++;
  }
  on_their_way--;
}

/* Everything that has arrived. */
static void take(Connection *c) {
  for (;;) {
    const ssize_t got = recv(c->fd, c->response + c->length, LONGEST_RESPONSE - c->length, 0);
    if (got < 0 && errno == EAGAIN) return;
    /* The end, an error, an answer that is too long, or one to no request. */
    if (got <= 0 || c->state == IDLE) {
      disconnect(c);
      return;
    }
    c->length += (size_t)got;
    c->response[c->length] = 0;
    Response response;
    if (!is_complete(c, &response)) continue;
    count(c, &response);
    rest(c);
    if (response.is_last) {
      disconnect(c);
      return;
    }
  }
}

static void handle(const struct epoll_event *event) {
  Connection *c = event->data.ptr;
  if (c->state == CONNECTING) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error)
      disconnect(c);
    else if (event->events & EPOLLOUT)
      send_request(c);
  }
  if ((c->state == IDLE || c->state == BUSY) && event->events & (EPOLLIN | EPOLLERR | EPOLLHUP)) take(c);
}

static void await_events(double seconds) {
  struct epoll_event events[EVENTS];
  const double sleep = seconds > AWAKE ? seconds - AWAKE : 0.0;
  const struct timespec timeout = {(time_t)sleep, (long)((sleep - (double)(time_t)sleep) * 1e9)};
  const int found = epoll_pwait2(poller, events, EVENTS, &timeout, NULL);
  for (int i = 0; i < found; i++) handle(&events[i]);
}

static int ascending(const void *a, const void *b) {
  const double left = *(const double *)a, right = *(const double *)b;
  return (left > right) - (left < right);
}

/* Milliseconds that the given part of all is not above. */
static double percentile(const Times *times, double part) {
  if (times->count == 0) return 0.0;
  long place = (long)(part * (double)times->count);
  return times->values[place < times->count ? place : times->count - 1] * 1e3;
}

static void print_times(const char *name, Times *times) {
  qsort(times->values, (size_t)times->count, sizeof(double), ascending);
  printf(", \"%s_ms\": {\"p50\": %.4f, \"p99\": %.4f, \"p999\": %.4f}", name, percentile(times, 0.5),
         percentile(times, 0.99), percentile(times, 0.999));
}

/* Every request that was due is one of answered, refused, failed, unanswered and given up; wrong ones are answered. */
static void report(long due, long given_up) {
  printf("{\"due\": %ld, \"answered\": %ld, \"answered_in_time\": %ld, \"refused\": %ld, \"retryable\": %ld, "
         "\"wrong\": %ld, \"failed\": %ld, \"unanswered\": %d, \"given_up\": %ld",
         due, answered.count, answered_in_time, refused.count, retryable, wrong, failed, on_their_way, given_up);
  print_times("answer", &answered);
  print_times("refusal", &refused);
  print_times("lateness", &lateness);
  printf("}\n");
}

int main(int argument_count, char **arguments) {
  if (argument_count != 6 && argument_count != 7)
    stop("usage: generator PORT RATE SECONDS CONNECTIONS PATIENCE [BODY] < request");
  expected = arguments[6]; /* NULL behind the last one */
  const double rate = atof(arguments[2]), seconds = atof(arguments[3]), patience = atof(arguments[5]);
  const int most = atoi(arguments[4]);
  const long total = (long)(rate * seconds);
  if (most < 1 || most > MOST_CONNECTIONS || total < 1 || total > MOST_REQUESTS) stop("arguments out of range");
  address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(arguments[1]))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  request_length = fread(request, 1, sizeof request, stdin);
  if (request_length == 0 || !feof(stdin)) stop("no request, or too long a one");
  make_room(&answered, total);
  make_room(&refused, total);
  make_room(&lateness, total);
  prctl(PR_SET_TIMERSLACK, 1);
  poller = epoll_create1(0);
  while (closeds < most) closed[closeds] = closeds, closeds++;
  open_at_start(most < OPEN_AT_START ? most : OPEN_AT_START);

  const double begin = now() + 0.05;
  end = begin + seconds;
  long next = 0, given_up = 0; /* requests go out in the order in which they are due */
  int is_behind = 0;           /* for lack of connections */
  double moment = now();
  while (moment < end || ((next < total || on_their_way) && moment < end + LAST_WAIT)) {
    while (next < total) {
      const double due = begin + (double)next / rate;
      if (due > moment) {
        is_behind = 0;
        break;
      }
      if (moment - due > patience) {
        given_up++;
      } else if (idles) {
        Connection *c = wake();
        c->due = due;
        c->begun = moment;
        on_their_way++;
        if (!is_behind) add(&lateness, moment - due);
        send_request(c);
      } else if (closeds) {
        connect_for(&connections[closed[--closeds]], due, moment);
      } else {
        is_behind = 1;
        break;
      }
      next++;
    }
    /* What waits for a connection gets one by an event, or gives up soon enough. */
    await_events(next == total || is_behind ? 0.001 : begin + (double)next / rate - moment);
    moment = now();
  }
  report(total, given_up + total - next);
  return 0;
}
