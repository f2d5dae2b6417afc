// What Swift cannot say of the C library: variadic calls, control messages and the steps between fork and exec.
#ifndef GH_CHOST_H
#define GH_CHOST_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Sends bytes with descriptors beside them (SCM_RIGHTS). Returns the bytes sent or -errno.
ssize_t gh_send_descriptors(int socket, const void *bytes, size_t length, const int *descriptors, size_t count);

/// Receives bytes and up to *count descriptors, which are close-on-exec; sets *count. Returns bytes or -errno.
ssize_t gh_receive_descriptors(int socket, void *bytes, size_t length, int *descriptors, size_t *count);

/// Starts a program with the given descriptors as 3, 4, … beside its standard ones. Returns its pid or -errno.
///
/// `standard` holds the three descriptors for input, output and errors; -1 keeps the parent's.
/// `network_namespace` is a descriptor of the namespace to start in, or -1.
/// `own_group` puts the child into a process group of its own, out of reach of the terminal's Ctrl-C.
/// `dies_with_parent` makes the kernel kill the child when the calling thread's process ends.
pid_t gh_spawn(const char *program, char *const arguments[], char *const environment[], const int standard[3],
               const int *descriptors, size_t count, int network_namespace, int own_group, int dies_with_parent);

/// ioctl(SIOCGIFHWADDR): the link layer address of a device in the low 48 bits of *bits. Returns 0 or -errno.
int gh_link_address(const char *device, uint64_t *bits);

/// Credentials of the peer of a connected UNIX socket (SO_PEERCRED). Returns 0 or -errno.
int gh_peer_user(int socket, uint32_t *user);

/// Binds (or connects) a UNIX socket to a path. Returns 0 or -errno.
int gh_unix_address(int socket, const char *path, int connect_instead);

/// An empty file in memory (memfd_create). Returns its descriptor or -errno.
int gh_memory_file(void);

/// Whether a time server's client says that the clock is right (adjtimex). Returns 1 or 0, or -errno.
int gh_clock_is_synchronized(void);

/// openat2(2) below a folder, through no symbolic link (RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS). Returns the descriptor or
/// -errno.
int gh_open_beneath(int folder, const char *path, int flags, unsigned mode);

/// Listens at a TCP port of 127.0.0.1 or ::1 (`is_ipv6`), without waiting. Returns the descriptor or -errno.
int gh_listen_loopback(unsigned short port, int is_ipv6);

/// An epoll instance, close-on-exec. Returns its descriptor or -errno.
int gh_watch_open(void);

/// Has an epoll instance watch a descriptor for something to read, or for room to write (`writes`). Returns 0 or -errno.
int gh_watch(int watcher, int descriptor, int writes);

/// The descriptors that are ready, `count` at most, without waiting. Returns how many or -errno.
int gh_watch_ready(int watcher, int *descriptors, int count);

/// accept4 with close-on-exec. Returns the descriptor or -errno.
int gh_accept(int socket);

/// Moves the calling thread into the network namespace of the descriptor. Returns 0 or -errno.
int gh_enter_network(int descriptor);

/// Blocks the signals for the calling thread and makes a descriptor that reports them. Returns it or -errno.
int gh_signal_descriptor(const int *signals, size_t count);

/// The next signal that the descriptor reports; 0 when none waits.
int gh_next_signal(int descriptor);

/// Locks the file for this process alone (flock, not waiting). Returns 0 or -errno.
int gh_lock(int descriptor);

/// Lets go of that lock at once, whoever still holds a copy of the descriptor. Returns 0 or -errno.
int gh_unlock(int descriptor);

/// Brings everything written to the descriptor's file system to disk (syncfs). Returns 0 or -errno.
int gh_sync_file_system(int descriptor);

/// Waits until every packet that was under way when the call began has been dealt with: an RCU grace period, by
/// membarrier(MEMBARRIER_CMD_GLOBAL). Returns 0 or -errno.
int gh_grace_period(void);

/// Asks the kernel to back the pages that lie wholly within the range by large ones (MADV_HUGEPAGE).
void gh_want_large_pages(const void *start, size_t length);

/// Has malloc keep few arenas; to be called before threads are started.
void gh_keep_few_arenas(void);

/// Gives memory that malloc holds unused back to the system.
void gh_give_memory_back(void);

/// Begins to fetch the cache lines of some elements, each `stride` bytes long and two lines at most.
void gh_prefetch(const void *base, size_t stride, const ssize_t *indexes, size_t count);

#endif
