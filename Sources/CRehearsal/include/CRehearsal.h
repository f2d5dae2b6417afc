// Traffic for rehearsals: what a guest would do, in the network namespace of the calling thread.
#ifndef GH_CREHEARSAL_H
#define GH_CREHEARSAL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Binds a TCP or UDP server. Returns its descriptor or -errno.
int gh_server(const char *address, uint16_t port, int is_udp);

/// Serves the descriptors until `stop` can be read: TCP peers are read to their end and answered with as many bytes as
/// `answer` says, UDP datagrams are sent back.
void gh_serve(const int *servers, size_t count, int stop, size_t answer);

/// Connects, sends `bytes` in at least `milliseconds`, reads the answer to its end. Returns the bytes read or -errno.
ssize_t gh_tcp_exchange(const char *address, uint16_t port, size_t bytes, int milliseconds, int patience);

/// Connects and closes at once. Returns 0 or -errno.
int gh_tcp_probe(const char *address, uint16_t port, int patience);

/// Sends one datagram and waits for its return. Returns the bytes that came back or -errno.
ssize_t gh_udp_exchange(const char *address, uint16_t port, size_t bytes, int patience);

/// Sends one ICMP or ICMPv6 echo request and waits for the reply. Returns 0 or -errno.
int gh_ping(const char *address, int patience);

/// What a storm sends: frames that are made by hand, from `device`, all new sessions.
struct gh_storm {
    const char *device;
    uint8_t target_mac[6];
    uint32_t source;       // first source address, IPv4 in host order
    uint32_t source_span;  // how many source addresses
    uint32_t target;
    uint8_t protocol;      // 6: SYN, 17: UDP, 1: echo request
    uint16_t first_source_port, source_ports;
    uint16_t first_target_port, target_ports;
    uint64_t packets;      // how many in all
    double rate;           // packets a second, 0 for as many as go
    double seconds;        // an end in any case
    uint16_t frame_bytes;
    uint64_t first;        // number of the first tuple
};

/// Sends a storm. Returns the frames sent or -errno.
int64_t gh_send_storm(const struct gh_storm *storm);

/// Sends one IP packet by the routes of the present namespace. Returns 0 or -errno.
int gh_send_packet(const uint8_t *packet, size_t length);

/// Sends one Ethernet frame from a device. Returns 0 or -errno.
int gh_send_frame(const char *device, const uint8_t *frame, size_t length);

#endif
