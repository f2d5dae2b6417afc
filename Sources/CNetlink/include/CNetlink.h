// The kernel's netlink headers, and what of them Swift cannot import.
#ifndef GH_CNETLINK_H
#define GH_CNETLINK_H

#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Opens a netlink socket (NETLINK_NETFILTER, NETLINK_ROUTE) of this thread's network namespace. Returns the descriptor or -errno.
int gh_netlink_open(int protocol);

/// Opens a packet socket on a device that hears, of all frames, ARP and neighbour advertisements that come in, and DHCP for IPv4:
/// of clients as it comes in, of servers as it goes out. Returns the descriptor or -errno.
int gh_link_open(int device);

/// Bytes that one message's bookkeeping takes in a receive journal.
size_t gh_message_header_size(void);

/// Receives up to `count` datagrams, each into a slot of its own, without waiting (recvmmsg).
///
/// `headers` holds `count` entries of gh_message_header_size() bytes; the kernel writes each datagram's length there
/// in the same system call that takes it off the socket. Returns the datagrams received or -errno.
int gh_receive_many(int descriptor, void *headers, uint8_t *slots, size_t slot_size, unsigned count);

/// Lets through to a socket only those conntrack messages whose status (CTA_STATUS) says that addresses are translated.
/// Returns 0 or -errno.
int gh_filter_translated(int descriptor);

/// The length that the kernel wrote into entry `index`; 0 when nothing was received there.
size_t gh_received_length(const void *headers, unsigned index);

/// Forgets the length of entry `index`.
void gh_clear_length(void *headers, unsigned index);

#endif
