#define _GNU_SOURCE
#include "CRehearsal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int resolve(const char *address, uint16_t port, int type, struct sockaddr_storage *found, socklen_t *length) {
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = type}, *list;
    if (getaddrinfo(address, service, &hints, &list) != 0) return -EINVAL;
    memcpy(found, list->ai_addr, list->ai_addrlen);
    *length = list->ai_addrlen;
    freeaddrinfo(list);
    return 0;
}

static void limit(int handle, int patience) {
    struct timeval wait = {.tv_sec = patience / 1000, .tv_usec = patience % 1000 * 1000};
    setsockopt(handle, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    setsockopt(handle, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
}

int gh_server(const char *address, uint16_t port, int is_udp) {
    struct sockaddr_storage where;
    socklen_t length;
    int type = is_udp ? SOCK_DGRAM : SOCK_STREAM, yes = 1;
    if (resolve(address, port, type, &where, &length) < 0) return -EINVAL;
    int handle = socket(where.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (handle < 0) return -errno;
    setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(handle, (struct sockaddr *)&where, length) < 0 || (!is_udp && listen(handle, 4096) < 0)) {
        int failure = errno;
        close(handle);
        return -failure;
    }
    return handle;
}

enum { peers = 4096 };

void gh_serve(const int *servers, size_t count, int stop, size_t answer) {
    struct pollfd *entries = calloc(peers, sizeof *entries);
    char *buffer = calloc(1, 1 << 17);
    size_t used = 0;
    for (; used < count; used++) entries[used] = (struct pollfd){.fd = servers[used], .events = POLLIN};
    entries[used++] = (struct pollfd){.fd = stop, .events = POLLIN};
    size_t fixed = used;
    while (poll(entries, used, -1) >= 0 || errno == EINTR) {
        if (entries[fixed - 1].revents) break;
        for (size_t index = 0; index < count; index++) {
            if (!entries[index].revents) continue;
            struct sockaddr_storage peer;
            socklen_t length = sizeof peer;
            int type;
            socklen_t size = sizeof type;
            getsockopt(servers[index], SOL_SOCKET, SO_TYPE, &type, &size);
            if (type == SOCK_DGRAM) {
                ssize_t got;
                while ((got = recvfrom(servers[index], buffer, 1 << 16, 0, (struct sockaddr *)&peer, &length)) >= 0) {
                    sendto(servers[index], buffer, got, 0, (struct sockaddr *)&peer, length);
                    length = sizeof peer;
                }
                continue;
            }
            int handle;
            while (used < peers && (handle = accept4(servers[index], NULL, NULL, SOCK_CLOEXEC)) >= 0) {
                limit(handle, 2000);
                entries[used++] = (struct pollfd){.fd = handle, .events = POLLIN};
            }
        }
        for (size_t index = fixed; index < used; index++) {
            if (!entries[index].revents) continue;
            ssize_t got = recv(entries[index].fd, buffer, 1 << 17, MSG_DONTWAIT);
            if (got > 0 || (got < 0 && errno == EAGAIN)) continue;
            if (got == 0)
                for (size_t sent = 0; sent < answer;) {
                    ssize_t part = send(entries[index].fd, buffer, answer - sent < 65536 ? answer - sent : 65536, MSG_NOSIGNAL);
                    if (part <= 0) break;
                    sent += part;
                }
            close(entries[index].fd);
            entries[index--] = entries[--used];
        }
    }
    for (size_t index = fixed; index < used; index++) close(entries[index].fd);
    free(entries);
    free(buffer);
}

static int connected(const char *address, uint16_t port, int patience) {
    struct sockaddr_storage where;
    socklen_t length;
    if (resolve(address, port, SOCK_STREAM, &where, &length) < 0) return -EINVAL;
    int handle = socket(where.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (handle < 0) return -errno;
    limit(handle, patience);
    if (connect(handle, (struct sockaddr *)&where, length) == 0) return handle;
    int failure = errno == EINPROGRESS ? ETIMEDOUT : errno;
    close(handle);
    return -failure;
}

ssize_t gh_tcp_exchange(const char *address, uint16_t port, size_t bytes, int milliseconds, int patience) {
    int handle = connected(address, port, patience);
    if (handle < 0) return handle;
    static const char zeros[65536];
    ssize_t total = 0, part = 0;
    size_t chunk = milliseconds > 0 ? bytes / (milliseconds / 10 + 1) + 1 : sizeof zeros;
    if (chunk > sizeof zeros) chunk = sizeof zeros;
    for (size_t sent = 0; sent < bytes; sent += part) {
        part = send(handle, zeros, bytes - sent < chunk ? bytes - sent : chunk, MSG_NOSIGNAL);
        if (part < 0) break;
        if (milliseconds > 0) usleep(10000);
    }
    if (part >= 0) {
        shutdown(handle, SHUT_WR);
        char buffer[65536];
        while ((part = recv(handle, buffer, sizeof buffer, 0)) > 0) total += part;
    }
    int failure = errno;
    close(handle);
    return part < 0 ? -(failure == EAGAIN ? ETIMEDOUT : failure) : total;
}

int gh_tcp_probe(const char *address, uint16_t port, int patience) {
    int handle = connected(address, port, patience);
    if (handle < 0) return handle;
    close(handle);
    return 0;
}

ssize_t gh_udp_exchange(const char *address, uint16_t port, size_t bytes, int patience) {
    struct sockaddr_storage where;
    socklen_t length;
    if (resolve(address, port, SOCK_DGRAM, &where, &length) < 0) return -EINVAL;
    int handle = socket(where.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (handle < 0) return -errno;
    limit(handle, patience);
    char buffer[65536] = {0};
    ssize_t got = connect(handle, (struct sockaddr *)&where, length) < 0 || send(handle, buffer, bytes, 0) < 0
                      ? -1 : recv(handle, buffer, sizeof buffer, 0);
    int failure = errno;
    close(handle);
    return got < 0 ? -(failure == EAGAIN ? ETIMEDOUT : failure) : got;
}

static uint16_t checksum(const uint8_t *bytes, size_t length) {
    uint32_t sum = 0;
    for (size_t index = 0; index + 1 < length; index += 2) sum += bytes[index] << 8 | bytes[index + 1];
    if (length & 1) sum += bytes[length - 1] << 8;
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

int gh_ping(const char *address, int patience) {
    struct sockaddr_storage where;
    socklen_t length;
    if (resolve(address, 0, SOCK_DGRAM, &where, &length) < 0) return -EINVAL;
    int six = where.ss_family == AF_INET6;
    int handle = socket(where.ss_family, SOCK_RAW | SOCK_CLOEXEC, six ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
    if (handle < 0) return -errno;
    limit(handle, patience);
    static uint16_t counter;
    uint16_t id = (uint16_t)(getpid() ^ ++counter << 8);
    uint8_t request[24] = {six ? 128 : 8, 0, 0, 0, id >> 8, id & 0xff, 0, 1};
    if (!six) {
        uint16_t sum = checksum(request, sizeof request);
        request[2] = sum >> 8;
        request[3] = sum & 0xff;
    }
    int result = -ETIMEDOUT;
    if (sendto(handle, request, sizeof request, 0, (struct sockaddr *)&where, length) < 0) result = -errno;
    else
        for (int tries = 0; tries < 100; tries++) {
            uint8_t answer[2048];
            ssize_t got = recv(handle, answer, sizeof answer, 0);
            if (got < 0) break;
            uint8_t *icmp = six ? answer : answer + (answer[0] & 15) * 4;
            if (icmp[0] == (six ? 129 : 0) && icmp[4] == id >> 8 && icmp[5] == (id & 0xff)) {
                result = 0;
                break;
            }
        }
    close(handle);
    return result;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec * 1e-9;
}

enum { burst = 32 };

static void build(const struct gh_storm *storm, uint8_t *frame, uint64_t number) {
    uint32_t source = storm->source + (storm->source_span > 1 ? number % storm->source_span : 0);
    uint16_t from = storm->first_source_port + (storm->source_ports ? number % storm->source_ports : 0);
    uint64_t round = storm->source_ports ? number / storm->source_ports : number;
    uint16_t to = storm->first_target_port + (storm->target_ports ? round % storm->target_ports : 0);
    uint8_t *ip = frame + 14, *inner = frame + 34;
    uint16_t total = storm->frame_bytes - 14, rest = total - 20;
    uint32_t source_wire = htonl(source), target_wire = htonl(storm->target);
    memcpy(ip + 12, &source_wire, 4);
    memcpy(ip + 16, &target_wire, 4);
    ip[10] = ip[11] = 0;
    uint16_t sum = checksum(ip, 20);
    ip[10] = sum >> 8;
    ip[11] = sum & 0xff;
    if (storm->protocol == 1) {
        inner[4] = from >> 8;
        inner[5] = from & 0xff;
        inner[2] = inner[3] = 0;
        sum = checksum(inner, rest);
        inner[2] = sum >> 8;
        inner[3] = sum & 0xff;
        return;
    }
    inner[0] = from >> 8;
    inner[1] = from & 0xff;
    inner[2] = to >> 8;
    inner[3] = to & 0xff;
    // Conntrack checks TCP checksums; UDP may do without.
    if (storm->protocol == 6) {
        uint8_t pseudo[12 + 2048];
        memcpy(pseudo, ip + 12, 8);
        pseudo[8] = 0;
        pseudo[9] = 6;
        pseudo[10] = rest >> 8;
        pseudo[11] = rest & 0xff;
        inner[16] = inner[17] = 0;
        memcpy(pseudo + 12, inner, rest);
        sum = checksum(pseudo, 12 + rest);
        inner[16] = sum >> 8;
        inner[17] = sum & 0xff;
    }
}

int64_t gh_send_storm(const struct gh_storm *storm) {
    if (storm->frame_bytes < 54 || storm->frame_bytes > 1514) return -EINVAL;
    int handle = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), yes = 1;
    if (handle < 0) return -errno;
    setsockopt(handle, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof yes);
    struct ifreq request = {0};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", storm->device);
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP),
                                  .sll_ifindex = (int)if_nametoindex(storm->device), .sll_halen = 6};
    if (ioctl(handle, SIOCGIFHWADDR, &request) < 0 || bind(handle, (struct sockaddr *)&address, sizeof address) < 0) {
        int failure = errno;
        close(handle);
        return -failure;
    }
    static _Thread_local uint8_t frames[burst][1514];
    struct mmsghdr messages[burst] = {0};
    struct iovec vectors[burst];
    for (int index = 0; index < burst; index++) {
        uint8_t *frame = frames[index];
        memset(frame, 0, 1514);
        memcpy(frame, storm->target_mac, 6);
        memcpy(frame + 6, request.ifr_hwaddr.sa_data, 6);
        uint16_t total = storm->frame_bytes - 14;
        frame[12] = 8;
        frame[14] = 0x45;
        frame[16] = total >> 8;
        frame[17] = total & 0xff;
        frame[22] = 64;
        frame[23] = storm->protocol;
        if (storm->protocol == 1) frame[34] = 8;
        if (storm->protocol == 17) {
            frame[38] = (total - 20) >> 8;
            frame[39] = (total - 20) & 0xff;
        }
        if (storm->protocol == 6) {
            frame[46] = 0x50;
            frame[47] = 2;
            frame[48] = 0xfa;
            frame[49] = 0xf0;
        }
        vectors[index] = (struct iovec){.iov_base = frame, .iov_len = storm->frame_bytes};
        messages[index].msg_hdr = (struct msghdr){.msg_iov = &vectors[index], .msg_iovlen = 1};
    }
    double began = now();
    uint64_t sent = 0;
    while (sent < storm->packets) {
        uint64_t count = storm->packets - sent < burst ? storm->packets - sent : burst;
        for (uint64_t index = 0; index < count; index++) build(storm, frames[index], storm->first + sent + index);
        int done = sendmmsg(handle, messages, (unsigned)count, 0);
        if (done < 0 && errno != ENOBUFS && errno != EAGAIN && errno != EINTR) {
            int failure = errno;
            close(handle);
            return -failure;
        }
        if (done > 0) sent += done;
        double time = now();
        if (time - began >= storm->seconds) break;
        if (storm->rate > 0) {
            double due = began + sent / storm->rate;
            if (due > time) usleep((useconds_t)((due - time) * 1e6));
        }
    }
    close(handle);
    return (int64_t)sent;
}

int gh_send_frame(const char *device, const uint8_t *frame, size_t length) {
    int handle = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (handle < 0) return -errno;
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(device), .sll_halen = 6};
    memcpy(address.sll_addr, frame, 6);
    ssize_t sent = sendto(handle, frame, length, 0, (struct sockaddr *)&address, sizeof address);
    int failure = errno;
    close(handle);
    return sent < 0 ? -failure : 0;
}

int gh_send_packet(const uint8_t *packet, size_t length) {
    int is_ipv6 = packet[0] >> 4 == 6;
    int handle = socket(is_ipv6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    if (handle < 0) return -errno;
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    struct sockaddr_in four = {.sin_family = AF_INET};
    memcpy(&six.sin6_addr, packet + 24, 16);
    memcpy(&four.sin_addr, packet + 16, 4);
    const struct sockaddr *where = is_ipv6 ? (struct sockaddr *)&six : (struct sockaddr *)&four;
    ssize_t sent = sendto(handle, packet, length, 0, where, is_ipv6 ? sizeof six : sizeof four);
    int result = sent < 0 ? -errno : 0;
    close(handle);
    return result;
}
