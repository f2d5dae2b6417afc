import CNetlink
import Glibc
package import Host

/// A ring of received datagrams in a file that outlives the process.
///
/// A datagram that was taken off a socket and not yet worked into a record would be lost with the process. Here the
/// kernel copies each datagram, and its length, straight into a shared mapping of a file: there is no instant at which
/// it is only in the process's own memory, so SIGKILL at any moment leaves it to be found. The file protects from the
/// death of the process, not of the machine: after a boot the kernel's own tables begin anew as well.
///
/// Layout: one page of head (magic, slots, slot size, next number, origin), then for each slot its number and the kernel's
/// message header, then the slots. Slot `(n - origin) % slots` holds datagram number `n`. When all are released, the next
/// one is the new origin: a reader that keeps up uses a few slots again and again, which stay in the processor's caches.
@safe package final class ReceiveJournal {
    /// One batch of recvmmsg, as `CNetlink` bounds it.
    package static let batch = 64
    private static let magic: UInt64 = 0x6768_6a6f_7572_0001

    /// Whether there was a file that is no journal, or one whose numbers cannot be right.
    package let wasDamaged: Bool
    /// Whether what is received survives this process. Without room for the file it does not.
    package let isDurable: Bool
    private let base: UnsafeMutableRawPointer
    private let length: Int
    private let slots: Int
    private let slotSize: Int
    private let headerSize: Int
    /// The first number that may not be overwritten: set by `release`.
    package private(set) var released: UInt64
    /// The number of a datagram that lies, or lay, in the first slot.
    private var origin: UInt64
    /// The number that the next datagram gets.
    package private(set) var next: UInt64

    /// Opens the ring, or makes it when there is none of this shape.
    ///
    /// * `slots`: how many datagrams it holds, a multiple of 64.
    /// * `slotSize`: the longest datagram.
    /// * `committed`: the number from which on datagrams are not yet in a record; 0 at first.
    package init(path: String, slots: Int, slotSize: Int, committed: UInt64) throws(SystemError) {
        self.slots = slots
        self.slotSize = slotSize
        headerSize = gh_message_header_size()
        length = 4096 + slots * (8 + headerSize) + slots * slotSize
        let file = try DurableFile.open(path, flags: O_RDWR | O_CREAT)
        let existed = try file.size() > 0
        try file.truncate(to: length)
        do throws(SystemError) {
            // A page that a full disk has no room for would kill the process that touches it.
            try file.allocate(length)
            isDurable = true
        } catch {
            guard error.isNoRoom else { throw error }
            try? file.truncate(to: 0)
            isDurable = false
        }
        let number = isDurable ? file.number : -1
        let size = length
        let mapped = unsafe mmap(
            nil, size, PROT_READ | PROT_WRITE, MAP_SHARED | (isDurable ? 0 : MAP_ANONYMOUS), number, 0)
        guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else {
            throw SystemError("mmap", path, code: errno)
        }
        unsafe base = unsafe mapped
        let head = unsafe base.assumingMemoryBound(to: UInt64.self)
        let isOther = unsafe head[0] != Self.magic || head[1] != UInt64(slots) || head[2] != UInt64(slotSize)
        // What was written down last is not before what was released, and not more than the ring beyond it.
        let first = unsafe max(committed, head[4], 1)
        let isWrong = unsafe !isOther && (head[4] > head[3] || head[3] > first && head[3] - first > UInt64(slots))
        wasDamaged = isDurable && existed && (isOther || isWrong)
        if isOther || isWrong {
            unsafe memset(base, 0, 4096 + slots * (8 + headerSize))
            unsafe head[1] = UInt64(slots)
            unsafe head[2] = UInt64(slotSize)
            unsafe head[3] = max(committed, 1)
            unsafe head[4] = 0
            unsafe head[0] = Self.magic
        }
        next = unsafe max(head[3], committed)
        origin = unsafe head[4]
        // What came before the origin was released.
        released = max(committed, origin, 1)
        recover()
    }

    deinit { unsafe munmap(base, length) }

    /// How many more datagrams fit before records must be written and their datagrams released.
    package var free: Int { slots - Int(next - released) }

    /// Finds what a process that was killed had received after it last wrote down the next number.
    private func recover() {
        while next < released + UInt64(slots), stamp(slot(next)) == next,
            unsafe gh_received_length(header(slot(next)), 0) > 0
        {
            next += 1
        }
        // What is older than the ring is overwritten, and was released before that.
        if next > UInt64(slots), released < next - UInt64(slots) { released = next - UInt64(slots) }
        unsafe base.storeBytes(of: next, toByteOffset: 24, as: UInt64.self)
    }

    /// Takes what waits on the socket, as long as there is room.
    ///
    /// * `limit`: how many to take at most; few long ones are still in the caches when they are read.
    ///
    /// - Returns: how many datagrams were taken; 0 when none waits or the ring is full.
    /// - Throws: ENOBUFS once after the socket had to drop something.
    package func receive(from socket: NetfilterSocket, limit: Int = batch) throws(SystemError) -> Int {
        if released == next { rewind() }
        let first = slot(next)
        let count = min(limit, Self.batch, slots - first, free)
        guard count > 0 else { return 0 }
        for index in 0..<count {
            unsafe gh_clear_length(header(first + index), 0)
            unsafe base.storeBytes(of: next + UInt64(index), toByteOffset: 4096 + 8 * (first + index), as: UInt64.self)
        }
        let data = unsafe (base + dataOffset(first)).assumingMemoryBound(to: UInt8.self)
        let received = unsafe gh_receive_many(socket.number, header(first), data, slotSize, UInt32(count))
        if received == -EAGAIN { return 0 }
        guard received >= 0 else { throw SystemError("recvmmsg", code: -received) }
        next += UInt64(received)
        unsafe base.storeBytes(of: next, toByteOffset: 24, as: UInt64.self)
        return Int(received)
    }

    /// Views a datagram that was received and not released.
    package func withDatagram<Result>(_ number: UInt64, _ body: (ByteView) throws -> Result) rethrows -> Result {
        precondition(number >= released && number < next, "datagram \(number) is not in the journal")
        let index = slot(number)
        let length = unsafe min(gh_received_length(header(index), 0), slotSize)
        return unsafe try body(ByteView(unsafe UnsafeRawPointer(base + dataOffset(index)), count: length))
    }

    /// Says that the datagrams before `number` are in records that are on disk.
    package func release(before number: UInt64) { released = max(released, min(number, next)) }

    /// Goes on in the first slot, when no datagram is held.
    private func rewind() {
        origin = next
        unsafe base.storeBytes(of: origin, toByteOffset: 32, as: UInt64.self)
    }

    private func slot(_ number: UInt64) -> Int { Int((number - origin) % UInt64(slots)) }
    private func stamp(_ slot: Int) -> UInt64 { unsafe base.load(fromByteOffset: 4096 + 8 * slot, as: UInt64.self) }
    private func header(_ slot: Int) -> UnsafeMutableRawPointer { unsafe base + 4096 + 8 * slots + headerSize * slot }
    private func dataOffset(_ slot: Int) -> Int { 4096 + slots * (8 + headerSize) + slot * slotSize }
}
