/* The limit: stored tiles by writev and sendfile, two processes, no grant, no check. For comparison only.
 * usage: limit PORT SLIDE INDEX; INDEX has lines "path offset length prefix-in-hex". The path is found by its line's hash. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { SLOTS = 1 << 15 };
struct tile { char *path; off_t offset; size_t length; char *prefix; size_t prefix_length; };
static struct tile tiles[SLOTS];
static int slide;

static void fail(const char *what) { perror(what); exit(1); }
static struct tile *slot(const char *path, size_t length) {
  uint32_t hash = 2166136261u;
  for (size_t i = 0; i < length; i++) hash = (hash ^ (unsigned char)path[i]) * 16777619u;
  struct tile *tile = tiles + hash % SLOTS;
  while (tile->path && (strlen(tile->path) != length || memcmp(tile->path, path, length))) tile = tile + 1 == tiles + SLOTS ? tiles : tile + 1;
  return tile;
}

static void load(const char *name) {
  static char line[1 << 18], path[512], hex[1 << 17];
  FILE *file = fopen(name, "r");
  if (!file) fail(name);
  long long offset;
  size_t length;
  while (fgets(line, sizeof line, file) && sscanf(line, "%511s %lld %zu %131071s", path, &offset, &length, hex) == 4) {
    struct tile *tile = slot(path, strlen(path));
    *tile = (struct tile){strdup(path), offset + 2, length - 2, malloc(strlen(hex) / 2), strlen(hex) / 2};
    for (size_t i = 0; i < tile->prefix_length; i++) sscanf(hex + 2 * i, "%2hhx", (unsigned char *)tile->prefix + i);
  }
}

static int wait_for_room(int fd) {
  struct pollfd one = {fd, POLLOUT, 0};
  return poll(&one, 1, 5000) == 1;
}

static int answer(int fd, char *request) {
  char head[256];
  char *start = request + 4, *end = strchr(start, ' ');
  struct tile *tile = end ? slot(start, end - start) : 0;
  if (!tile || !tile->path) return send(fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 45, MSG_NOSIGNAL) == 45;
  int length = sprintf(head, "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nCache-Control: private, max-age=31536000, immutable\r\nContent-Length: %zu\r\n\r\n", tile->prefix_length + tile->length);
  struct iovec parts[2] = {{head, length}, {tile->prefix, tile->prefix_length}};
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
  ssize_t wanted = length + tile->prefix_length;
  if (sendmsg(fd, &message, MSG_NOSIGNAL | MSG_MORE) != wanted) return 0;
  off_t offset = tile->offset;
  size_t left = tile->length;
  while (left) {
    ssize_t sent = sendfile(fd, slide, &offset, left);
    if (sent < 0 && errno == EAGAIN && wait_for_room(fd)) continue;
    if (sent <= 0) return 0;
    left -= sent;
  }
  return 1;
}

static void serve(int port) {
  static char request[65536];
  int yes = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), epoll = epoll_create1(0);
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes);
  if (bind(listener, (void *)&here, sizeof here) || listen(listener, 512)) fail("bind");
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[64];
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    int ready = epoll_wait(epoll, events, 64, -1);
    for (int i = 0; i < ready; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) {
        while ((fd = accept4(listener, 0, 0, SOCK_NONBLOCK)) >= 0) {
          setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
          event.data.fd = fd;
          epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
        }
        continue;
      }
      ssize_t got = read(fd, request, sizeof request - 1);
      if (got < 0 && errno == EAGAIN) continue;
      if (got > 0) request[got] = 0;
      if (got <= 0 || !answer(fd, request)) close(fd);
    }
  }
}

int main(int count, char **words) {
  if (count != 4) return 2;
  slide = open(words[2], O_RDONLY);
  if (slide < 0) fail(words[2]);
  load(words[3]);
  fork();
  serve(atoi(words[1]));
}
