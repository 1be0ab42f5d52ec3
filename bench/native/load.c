/* HTTP load: CONNECTIONS keep-alive connections to 127.0.0.1:PORT ask for the paths in FILE, one after the other, for SECONDS.
 * usage: load PORT FILE CONNECTIONS SECONDS COOKIE SCREEN; prints: answers, answers that are no 200, seconds, bytes, p50 us, p99 us.
 * With SCREEN > 0 so many paths at a time are one screen, which all connections fetch together before the next one begins; then
 * p50 and p99 are those of whole screens. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { HEAD = 16384, SAMPLES = 1 << 22 };
struct link { int fd; size_t filled, left; int in_body, good; double asked; char head[HEAD]; };
static struct link *links;
static int link_count;
static char **paths;
static size_t path_count, next_path, answers, bad, received, sampled;
static float *latencies;
static char *cookie;
static int screen, screen_asked, screen_answered;
static double screen_began;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}
static void fail(const char *what) { perror(what); exit(1); }

static void ask(struct link *link) {
  if (screen && screen_asked++ >= screen) return; /* this connection rests until the screen is full */
  char text[4096];
  int length = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: localhost\r\nCookie: %s\r\n\r\n", paths[next_path++ % path_count], cookie);
  link->filled = link->left = 0;
  link->in_body = 0;
  link->asked = now();
  if (write(link->fd, text, length) != length) fail("write");
}

static void sample(double seconds) {
  if (sampled < SAMPLES) latencies[sampled++] = seconds * 1e6;
}

static void answered(struct link *link) {
  answers++;
  bad += !link->good;
  if (!screen) sample(now() - link->asked);
  if (screen && ++screen_answered == screen) {
    sample(now() - screen_began);
    screen_asked = screen_answered = 0;
    screen_began = now();
    for (int i = 0; i < link_count; i++) ask(links + i);
  } else
    ask(link);
}

static void opened(struct link *link, int epoll, int port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int yes = 1;
  link->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(link->fd, (void *)&to, sizeof to)) fail("connect");
  setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = link};
  epoll_ctl(epoll, EPOLL_CTL_ADD, link->fd, &event);
  ask(link);
}

static int heard(struct link *link) {
  static char waste[1 << 17];
  ssize_t got = link->in_body ? read(link->fd, waste, sizeof waste) : read(link->fd, link->head + link->filled, HEAD - 1 - link->filled);
  if (got <= 0) return 0;
  received += got;
  if (!link->in_body) {
    link->filled += got;
    link->head[link->filled] = 0;
    char *end = strstr(link->head, "\r\n\r\n");
    if (!end) return link->filled < HEAD - 1;
    *end = 0;
    char *length = strcasestr(link->head, "content-length:");
    link->good = !strncmp(link->head + 8, " 200", 4) && length;
    size_t body = length ? strtoul(length + 15, 0, 10) : 0, here = link->head + link->filled - (end + 4);
    link->in_body = 1;
    link->left = body - here;
  } else
    link->left -= got;
  if (link->left == 0) answered(link);
  return 1;
}

static int ascending(const void *one, const void *other) {
  float difference = *(const float *)one - *(const float *)other;
  return (difference > 0) - (difference < 0);
}

int main(int count, char **words) {
  if (count != 7) return 2;
  FILE *file = fopen(words[2], "r");
  if (!file) fail(words[2]);
  char line[1024];
  while (fgets(line, sizeof line, file)) {
    line[strcspn(line, "\n")] = 0;
    paths = realloc(paths, ++path_count * sizeof *paths);
    paths[path_count - 1] = strdup(line);
  }
  int connections = atoi(words[3]), epoll = epoll_create1(0), port = atoi(words[1]);
  cookie = words[5];
  screen = atoi(words[6]);
  latencies = malloc(SAMPLES * sizeof *latencies);
  links = calloc(connections, sizeof *links);
  link_count = connections;
  double start = screen_began = now(), end = start + atof(words[4]);
  for (int i = 0; i < connections; i++) opened(links + i, epoll, port);
  struct epoll_event events[64];
  while (now() < end) {
    int ready = epoll_wait(epoll, events, 64, 100);
    for (int i = 0; i < ready; i++)
      if (!heard(events[i].data.ptr)) { /* the server closed: a new connection, as a browser would */
        struct link *link = events[i].data.ptr;
        bad += link->filled != 0;
        close(link->fd);
        opened(link, epoll, port);
      }
  }
  double seconds = now() - start;
  qsort(latencies, sampled, sizeof *latencies, ascending);
  if (!sampled) return 1;
  printf("%zu %zu %.6f %zu %.1f %.1f\n", answers, bad, seconds, received, latencies[sampled / 2], latencies[sampled * 99 / 100]);
}
