#define _GNU_SOURCE
#include "CNetlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <unistd.h>

int gh_link_open(int device) {
    enum { ip = ETH_HLEN, ip6 = ETH_HLEN + 40, longest = 2048 };
    struct sock_filter steps[] = {
        /* 0 */ BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
        /* 1 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_ARP, 16, 0),
        /* 2 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6, 0, 4),
        /* 3 */ BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ip + 6),
        /* 4 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 58, 0, 16),
        /* 5 */ BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ip6),
        /* 6 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 136, 11, 14),
        /* 7 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 13),
        /* 8 */ BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ip + 9),
        /* 9 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 17, 0, 11),
        /* 10 */ BPF_STMT(BPF_LD | BPF_H | BPF_ABS, ip + 6),
        /* 11 */ BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x3fff, 9, 0),
        /* 12 */ BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, ip),
        // Both ports at once.
        /* 13 */ BPF_STMT(BPF_LD | BPF_W | BPF_IND, ip),
        /* 14 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 68 << 16 | 67, 3, 0),
        /* 15 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 67 << 16 | 68, 0, 5),
        // What a server says is heard where it goes to the guest: rules have let it through.
        /* 16 */ BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
        /* 17 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 2, 3),
        /* 18 */ BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
        /* 19 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 1, 0),
        /* 20 */ BPF_STMT(BPF_RET | BPF_K, longest),
        /* 21 */ BPF_STMT(BPF_RET | BPF_K, 0),
    };
    struct sock_fprog program = {.len = sizeof steps / sizeof *steps, .filter = steps};
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = device};
    int size = 1 << 18;
    // Of no protocol until the filter is there.
    int descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return -errno;
    if (setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0
        || setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, sizeof size) < 0
        || bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0) {
        int code = errno;
        close(descriptor);
        return -code;
    }
    return descriptor;
}
