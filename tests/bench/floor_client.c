// The least that a prober can do: asks each target once an interval, over one connection a probe,
// with the system calls that the exporter makes and nothing else: no page, no health, no names, no
// accept queues. The floor that the exporter's cost per probe is divided by.
//   floor_client TARGETS REQUEST INTERVAL_MS SECONDS
// TARGETS: a file with an address a line (/path or 127.0.0.1:9000); REQUEST: a file with the bytes
// to send. Ends early at SIGTERM. Prints one line of JSON. A probe passes when the records of its
// answer end with END_REQUEST and hold `pong`.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { MAX_EVENTS = 256, MAX_REPLY = 4096, RECORD_HEADER = 8, END_REQUEST = 3 };

struct target {
  struct sockaddr_storage address;
  socklen_t size;
  int fd;  // -1: nothing is outstanding
};

static struct target* targets;
static size_t target_count;
static char request[MAX_REPLY];
static size_t request_bytes;
static int loop;
static volatile sig_atomic_t is_over;
static unsigned long passed, failed, skipped, in_flight, most_in_flight;

static void die(const char* what) {
  perror(what);
  exit(1);
}

static void stop(int number) {
  (void)number;
  is_over = 1;
}

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void add_target(const char* text) {
  if ((target_count & (target_count + 1)) == 0) {
    targets = realloc(targets, (2 * target_count + 2) * sizeof *targets);
    if (!targets) die("realloc");
  }
  struct target* target = &targets[target_count++];
  memset(target, 0, sizeof *target);
  target->fd = -1;
  const char* colon = strrchr(text, ':');
  if (text[0] == '/') {
    struct sockaddr_un* address = (struct sockaddr_un*)&target->address;
    if (strlen(text) >= sizeof address->sun_path) die(text);
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, text, strlen(text));
    target->size = sizeof *address;
  } else if (colon) {
    struct sockaddr_in* address = (struct sockaddr_in*)&target->address;
    char host[INET_ADDRSTRLEN] = "";
    snprintf(host, sizeof host, "%.*s", (int)(colon - text), text);
    address->sin_family = AF_INET;
    address->sin_port = htons((uint16_t)atoi(colon + 1));
    if (inet_pton(AF_INET, host, &address->sin_addr) != 1) die(text);
    target->size = sizeof *address;
  }
}

static void read_targets(const char* path) {
  FILE* file = fopen(path, "r");
  char line[256];
  if (!file) die(path);
  while (fgets(line, sizeof line, file)) {
    line[strcspn(line, "\n")] = 0;
    if (line[0]) add_target(line);
  }
  fclose(file);
}

static void read_request(const char* path) {
  FILE* file = fopen(path, "rb");
  if (!file) die(path);
  request_bytes = fread(request, 1, sizeof request, file);
  fclose(file);
}

// Whether the bytes are whole records up to END_REQUEST, with the word in one of them.
static int is_pong(const char* bytes, size_t size) {
  size_t at = 0;
  int has_word = 0;
  while (at + RECORD_HEADER <= size) {
    const unsigned char* header = (const unsigned char*)bytes + at;
    const size_t content = (size_t)header[4] << 8 | header[5];
    if (at + RECORD_HEADER + content > size) return 0;
    if (header[1] == END_REQUEST) return has_word;
    has_word |= memmem(bytes + at + RECORD_HEADER, content, "pong", 4) != NULL;
    at += RECORD_HEADER + content + header[6];
  }
  return 0;
}

static void end(struct target* target, int is_pass) {
  close(target->fd);
  target->fd = -1;
  --in_flight;
  is_pass ? ++passed : ++failed;
}

static void begin(struct target* target) {
  if (target->fd >= 0) {
    ++skipped;
    return;
  }
  target->fd = socket(target->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (target->fd < 0) die("socket");
  if (++in_flight > most_in_flight) most_in_flight = in_flight;
  const int done = connect(target->fd, (struct sockaddr*)&target->address, target->size);
  if (done != 0 && errno != EINPROGRESS) return end(target, 0);
  if (send(target->fd, request, request_bytes, MSG_NOSIGNAL) != (ssize_t)request_bytes)
    return end(target, 0);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = target};
  if (epoll_ctl(loop, EPOLL_CTL_ADD, target->fd, &event) != 0) die("epoll_ctl");
}

// Valgrind 3.19 does not know epoll_pwait2(); the exporter falls back to whole milliseconds as
// well.
static int wait_for_events(struct epoll_event* events, int64_t left_ns) {
  static int has_pwait2 = 1;
  if (left_ns < 0) left_ns = 0;
  if (has_pwait2) {
    const struct timespec timeout = {left_ns / 1000000000, left_ns % 1000000000};
    const int count = epoll_pwait2(loop, events, MAX_EVENTS, &timeout, NULL);
    if (count >= 0 || errno != ENOSYS) return count;
    has_pwait2 = 0;
  }
  return epoll_wait(loop, events, MAX_EVENTS, (int)((left_ns + 999999) / 1000000));
}

static void take_answers(int64_t until) {
  struct epoll_event events[MAX_EVENTS];
  const int count = wait_for_events(events, until - now_ns());
  for (int i = 0; i < count; ++i) {
    char reply[MAX_REPLY];
    const ssize_t size = recv(((struct target*)events[i].data.ptr)->fd, reply, sizeof reply, 0);
    end(events[i].data.ptr, size > 0 && is_pong(reply, (size_t)size));
  }
}

// Beats spread evenly over the interval, as the exporter's are in the mean.
static void probe(int64_t interval_ns, int64_t run_ns) {
  const int64_t start = now_ns();
  const int64_t step = interval_ns / (int64_t)target_count;
  int64_t beats = 0;
  for (int64_t now = start; now < start + run_ns && !is_over; now = now_ns()) {
    while (start + beats * step <= now) begin(&targets[(size_t)beats++ % target_count]);
    take_answers(start + beats * step);
  }
}

static double cpu_seconds(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

int main(int argc, char** argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: %s TARGETS REQUEST INTERVAL_MS SECONDS\n", argv[0]);
    return 64;
  }
  read_targets(argv[1]);
  read_request(argv[2]);
  loop = epoll_create1(EPOLL_CLOEXEC);
  if (loop < 0) die("epoll_create1");
  signal(SIGTERM, stop);
  const double cpu_before = cpu_seconds();
  probe(atoll(argv[3]) * 1000000, (int64_t)(atof(argv[4]) * 1e9));
  printf(
      "{\"passed\": %lu, \"failed\": %lu, \"skipped\": %lu, \"most_in_flight\": %lu, "
      "\"cpu_seconds\": %.6f}\n",
      passed, failed, skipped, most_in_flight, cpu_seconds() - cpu_before);
  return 0;
}
