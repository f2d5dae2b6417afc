#define _GNU_SOURCE
#include "CNetlink.h"

#include <errno.h>
#include <linux/filter.h>
#include <string.h>
#include <sys/socket.h>

struct entry {
    struct mmsghdr message;
};

enum { batch = 64 };

int gh_netlink_open(int protocol) {
    int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    if (descriptor < 0) return -errno;
    struct sockaddr_nl address = {.nl_family = AF_NETLINK};
    if (bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0) return -errno;
    return descriptor;
}

int gh_filter_translated(int descriptor) {
    enum { attributes = NLMSG_LENGTH(sizeof(struct nfgenmsg)) };
    struct sock_filter steps[] = {
        // Where CTA_STATUS begins among the message's attributes; 0 where there is none.
        BPF_STMT(BPF_LD | BPF_IMM, attributes),
        BPF_STMT(BPF_LDX | BPF_IMM, CTA_STATUS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_NLATTR)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, 0),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_IND, NLA_HDRLEN),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, IPS_NAT_MASK, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    struct sock_fprog program = {.len = sizeof steps / sizeof *steps, .filter = steps};
    return setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0 ? -errno : 0;
}

size_t gh_message_header_size(void) { return sizeof(struct entry); }

int gh_receive_many(int descriptor, void *headers, uint8_t *slots, size_t slot_size, unsigned count) {
    struct mmsghdr *entries = headers;
    // The kernel follows these during the call only, so they may live on the stack.
    struct iovec vectors[batch];
    if (count > batch) count = batch;
    for (unsigned index = 0; index < count; index++) {
        vectors[index] = (struct iovec){.iov_base = slots + index * slot_size, .iov_len = slot_size};
        entries[index] = (struct mmsghdr){.msg_hdr = {.msg_iov = &vectors[index], .msg_iovlen = 1}};
    }
    int received;
    do received = recvmmsg(descriptor, entries, count, MSG_DONTWAIT, NULL);
    while (received < 0 && errno == EINTR);
    return received < 0 ? -errno : received;
}

size_t gh_received_length(const void *headers, unsigned index) {
    return ((const struct mmsghdr *)headers)[index].msg_len;
}

void gh_clear_length(void *headers, unsigned index) { ((struct mmsghdr *)headers)[index].msg_len = 0; }
