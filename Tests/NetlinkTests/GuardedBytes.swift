import Glibc

@testable import Netlink

/// Bytes that end where the process may read no further: reading one more would end it.
final class GuardedBytes {
    private let pages: UnsafeMutableRawPointer
    private let room: Int
    private static let page = 4096

    /// Room for so many bytes.
    init(room bytes: Int) {
        room = (bytes + Self.page - 1) / Self.page * Self.page
        let length = room + Self.page
        guard let pages = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            pages != MAP_FAILED, mprotect(pages + room, Self.page, PROT_NONE) == 0
        else { preconditionFailure("no memory for a guarded page") }
        self.pages = pages
    }

    deinit { munmap(pages, room + Self.page) }

    /// Views bytes that were copied to the end.
    func view<Result>(_ bytes: some Collection<UInt8>, _ body: (ByteView) -> Result) -> Result {
        let start = pages + room - bytes.count
        UnsafeMutableRawBufferPointer(start: start, count: bytes.count).copyBytes(from: bytes)
        return body(ByteView(start, count: bytes.count))
    }
}
