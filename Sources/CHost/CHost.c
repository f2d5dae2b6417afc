#define _GNU_SOURCE
#include "CHost.h"

#include <malloc.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/timex.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <linux/openat2.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

enum { maximum_descriptors = 32 };

ssize_t gh_send_descriptors(int socket, const void *bytes, size_t length, const int *descriptors, size_t count) {
    if (count > maximum_descriptors) return -EINVAL;
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int) * maximum_descriptors)];
    } control;
    struct iovec vector = {.iov_base = (void *)bytes, .iov_len = length};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    if (count > 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * count);
        memcpy(CMSG_DATA(header), descriptors, sizeof(int) * count);
    }
    ssize_t sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    return sent < 0 ? -errno : sent;
}

ssize_t gh_receive_descriptors(int socket, void *bytes, size_t length, int *descriptors, size_t *count) {
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int) * maximum_descriptors)];
    } control;
    struct iovec vector = {.iov_base = bytes, .iov_len = length};
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    size_t room = *count;
    *count = 0;
    ssize_t received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (received < 0) return -errno;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t found = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t index = 0; index < found; index++) {
            int descriptor;
            memcpy(&descriptor, CMSG_DATA(header) + index * sizeof(int), sizeof descriptor);
            if (*count < room) descriptors[(*count)++] = descriptor;
            else close(descriptor);
        }
    }
    return received;
}

pid_t gh_spawn(const char *program, char *const arguments[], char *const environment[], const int standard[3],
               const int *descriptors, size_t count, int network_namespace, int own_group, int dies_with_parent) {
    if (count > maximum_descriptors) return -EINVAL;
    int report[2];
    if (pipe2(report, O_CLOEXEC) < 0) return -errno;
    pid_t parent = getpid();
    pid_t child = fork();
    if (child < 0) {
        int failure = errno;
        close(report[0]);
        close(report[1]);
        return -failure;
    }
    if (child == 0) {
        // Only calls that are safe after fork in a process with threads.
        int moved[maximum_descriptors];
        if (own_group && setpgid(0, 0) < 0) goto failed;
        if (dies_with_parent) {
            if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) goto failed;
            if (getppid() != parent) _exit(127);
        }
        if (network_namespace >= 0 && setns(network_namespace, CLONE_NEWNET) < 0) goto failed;
        // First out of the way of the numbers that they go to.
        for (size_t index = 0; index < count; index++) {
            moved[index] = fcntl(descriptors[index], F_DUPFD_CLOEXEC, 64);
            if (moved[index] < 0) goto failed;
        }
        if (report[1] < 64) {
            int kept = fcntl(report[1], F_DUPFD_CLOEXEC, 64);
            if (kept < 0) goto failed;
            report[1] = kept;
        }
        for (int index = 0; index < 3; index++)
            if (standard[index] >= 0 && dup2(standard[index], index) < 0) goto failed;
        for (size_t index = 0; index < count; index++)
            if (dup2(moved[index], 3 + (int)index) < 0) goto failed;
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        signal(SIGPIPE, SIG_DFL);
        signal(SIGINT, SIG_DFL);
        signal(SIGTERM, SIG_DFL);
        execvpe(program, arguments, environment);
    failed:;
        int failure = errno;
        ssize_t ignored = write(report[1], &failure, sizeof failure);
        (void)ignored;
        _exit(127);
    }
    close(report[1]);
    int failure = 0;
    ssize_t told;
    do told = read(report[0], &failure, sizeof failure);
    while (told < 0 && errno == EINTR);
    close(report[0]);
    return told == (ssize_t)sizeof failure ? -failure : child;
}

int gh_link_address(const char *device, uint64_t *bits) {
    struct ifreq request;
    memset(&request, 0, sizeof request);
    if (strlen(device) >= sizeof request.ifr_name) return -ENAMETOOLONG;
    strcpy(request.ifr_name, device);
    int handle = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (handle < 0) return -errno;
    int failure = ioctl(handle, SIOCGIFHWADDR, &request) < 0 ? errno : 0;
    close(handle);
    if (failure) return -failure;
    *bits = 0;
    for (int index = 0; index < 6; index++) *bits = *bits << 8 | (uint8_t)request.ifr_hwaddr.sa_data[index];
    return 0;
}

int gh_peer_user(int socket, uint32_t *user) {
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0) return -errno;
    *user = peer.uid;
    return 0;
}

int gh_unix_address(int socket, const char *path, int connect_instead) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) return -ENAMETOOLONG;
    strcpy(address.sun_path, path);
    int result = connect_instead ? connect(socket, (struct sockaddr *)&address, sizeof address)
                                 : bind(socket, (struct sockaddr *)&address, sizeof address);
    return result < 0 ? -errno : 0;
}

int gh_clock_is_synchronized(void) {
    struct timex state = {0};
    int result = adjtimex(&state);
    return result < 0 ? -errno : result != TIME_ERROR;
}

int gh_memory_file(void) {
    int descriptor = memfd_create("gatehouse", MFD_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}

int gh_accept(int socket) {
    int descriptor;
    do descriptor = accept4(socket, NULL, NULL, SOCK_CLOEXEC);
    while (descriptor < 0 && errno == EINTR);
    return descriptor < 0 ? -errno : descriptor;
}

int gh_enter_network(int descriptor) { return setns(descriptor, CLONE_NEWNET) < 0 ? -errno : 0; }

int gh_signal_descriptor(const int *signals, size_t count) {
    sigset_t set;
    sigemptyset(&set);
    for (size_t index = 0; index < count; index++) sigaddset(&set, signals[index]);
    int failure = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (failure) return -failure;
    int descriptor = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return descriptor < 0 ? -errno : descriptor;
}

int gh_next_signal(int descriptor) {
    struct signalfd_siginfo information;
    return read(descriptor, &information, sizeof information) == sizeof information ? (int)information.ssi_signo : 0;
}

int gh_lock(int descriptor) { return flock(descriptor, LOCK_EX | LOCK_NB) < 0 ? -errno : 0; }

int gh_unlock(int descriptor) { return flock(descriptor, LOCK_UN) < 0 ? -errno : 0; }

int gh_sync_file_system(int descriptor) { return syncfs(descriptor) < 0 ? -errno : 0; }

int gh_grace_period(void) { return syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) < 0 ? -errno : 0; }

void gh_want_large_pages(const void *start, size_t length) {
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t first = ((uintptr_t)start + page - 1) & ~(page - 1);
    uintptr_t end = ((uintptr_t)start + length) & ~(page - 1);
    if (end > first) (void)madvise((void *)first, end - first, MADV_HUGEPAGE);
}

void gh_keep_few_arenas(void) { (void)mallopt(M_ARENA_MAX, 2); }

void gh_give_memory_back(void) { (void)malloc_trim(0); }

void gh_prefetch(const void *base, size_t stride, const ssize_t *indexes, size_t count) {
    for (size_t index = 0; index < count; index++) {
        const char *element = (const char *)base + indexes[index] * (ssize_t)stride;
        __builtin_prefetch(element);
        __builtin_prefetch(element + stride - 1);
    }
}

int gh_watch_open(void) {
    int watcher = epoll_create1(EPOLL_CLOEXEC);
    return watcher < 0 ? -errno : watcher;
}

int gh_watch(int watcher, int descriptor, int writes) {
    struct epoll_event event = {.events = writes ? EPOLLOUT : EPOLLIN, .data = {.fd = descriptor}};
    if (epoll_ctl(watcher, EPOLL_CTL_MOD, descriptor, &event) == 0) return 0;
    if (errno != ENOENT) return -errno;
    return epoll_ctl(watcher, EPOLL_CTL_ADD, descriptor, &event) < 0 ? -errno : 0;
}

int gh_watch_ready(int watcher, int *descriptors, int count) {
    enum { most = 64 };
    struct epoll_event events[most];
    int found;
    do found = epoll_wait(watcher, events, count < most ? count : most, 0);
    while (found < 0 && errno == EINTR);
    for (int index = 0; index < found; index++) descriptors[index] = events[index].data.fd;
    return found < 0 ? -errno : found;
}

int gh_open_beneath(int folder, const char *path, int flags, unsigned mode) {
    struct open_how how = {
        .flags = (unsigned)flags, .mode = mode, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
    long descriptor;
    do descriptor = syscall(SYS_openat2, folder, path, &how, sizeof how);
    while (descriptor < 0 && (errno == EINTR || errno == EAGAIN));
    return descriptor < 0 ? -errno : (int)descriptor;
}

int gh_listen_loopback(unsigned short port, int is_ipv6) {
    int listener = socket(is_ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0) return -errno;
    int yes = 1;
    struct sockaddr_in four = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0 ||
        bind(listener, is_ipv6 ? (void *)&six : (void *)&four, is_ipv6 ? sizeof six : sizeof four) < 0 ||
        listen(listener, 16) < 0) {
        int code = errno;
        close(listener);
        return -code;
    }
    return listener;
}
