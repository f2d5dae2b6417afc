#define _GNU_SOURCE
#include "CBenchPeers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/netlink.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

int64_t gh_thread_time(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static volatile uint64_t sink;

struct gh_reading gh_minimal_reader(int descriptor, int quiet_ms) {
    static char buffer[1 << 18];
    struct gh_reading reading = {0};
    struct pollfd entry = {.fd = descriptor, .events = POLLIN};
    uint32_t last = 0;
    int started = 0;
    uint64_t sum = 0;
    while (poll(&entry, 1, quiet_ms) > 0) {
        int64_t began = gh_thread_time();
        for (;;) {
            ssize_t length = recv(descriptor, buffer, sizeof buffer, MSG_DONTWAIT);
            if (length < 0) {
                if (errno == ENOBUFS) {
                    reading.overruns++;
                    continue;
                }
                break;
            }
            for (char *at = buffer; length >= 16;) {
                struct nlmsghdr *head = (void *)at;
                ssize_t size = (head->nlmsg_len + 3) & ~3;
                if (size < 20 || size > length) break;
                if (head->nlmsg_type == (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET)) {
                    char *end = at + head->nlmsg_len;
                    for (char *next = at + 20; next + 4 <= end;) {
                        struct nlattr *attribute = (void *)next;
                        int total = attribute->nla_len;
                        if (total < 4) break;
                        switch (attribute->nla_type & 0x3fff) {
                        case NFULA_SEQ: {
                            uint32_t number = ntohl(*(uint32_t *)(next + 4));
                            if (started && number != last + 1) reading.gaps += number - last - 1;
                            last = number;
                            started = 1;
                            break;
                        }
                        case NFULA_PAYLOAD:
                            if (total >= 32) {
                                uint64_t words[2];
                                memcpy(words, next + 4 + 12, 16);
                                sum += words[0] ^ words[1];
                            }
                            break;
                        case NFULA_PREFIX: sum += next[4]; break;
                        case NFULA_IFINDEX_INDEV:
                        case NFULA_IFINDEX_OUTDEV: sum += *(uint32_t *)(next + 4); break;
                        }
                        next += (total + 3) & ~3;
                    }
                    reading.packets++;
                }
                at += size;
                length -= size;
            }
        }
        reading.nanoseconds += gh_thread_time() - began;
    }
    sink = sum;
    return reading;
}
