// Hand-written readers to measure against.
#ifndef GH_CBENCHPEERS_H
#define GH_CBENCHPEERS_H

#include <stdint.h>

/// What a reading took: packets seen, gaps in their numbers, and this thread's processor time.
struct gh_reading {
    uint64_t packets;
    uint64_t gaps;
    uint64_t overruns;
    int64_t nanoseconds;
};

/// Reads NFLOG datagrams from a bound socket until nothing came for `quiet_ms`: finds payload, addresses, ports and
/// prefix of each packet and sums them up, without any table.
struct gh_reading gh_minimal_reader(int descriptor, int quiet_ms);

/// Processor time of the calling thread in nanoseconds.
int64_t gh_thread_time(void);

#endif
