/// A window on bytes that came from the kernel, every read checked against its end.
///
/// The view borrows: it must not outlive the closure or buffer that it was made in.
@safe package struct ByteView {
    @usableFromInline let base: UnsafeRawPointer
    package let count: Int

    @inline(__always) init(_ base: UnsafeRawPointer, count: Int) {
        unsafe self.base = unsafe base
        self.count = count
    }

    /// Views an array for as long as `body` runs.
    package static func with<Result>(_ bytes: [UInt8], _ body: (ByteView) throws -> Result) rethrows -> Result {
        try unsafe bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else {
                // An empty view never reads its base.
                return try unsafe withUnsafeBytes(of: UInt8(0)) {
                    unsafe try body(ByteView(unsafe $0.baseAddress.unsafelyUnwrapped, count: 0))
                }
            }
            return unsafe try body(ByteView(unsafe base, count: buffer.count))
        }
    }

    /// The unsigned number at the offset in the host's byte order; zero beyond the end.
    @inline(__always) package func load<Word: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
        _ offset: Int, as _: Word.Type = Word.self
    ) -> Word {
        guard offset >= 0, offset &+ MemoryLayout<Word>.size <= count else { return 0 }
        return unsafe base.loadUnaligned(fromByteOffset: offset, as: Word.self)
    }

    /// The number at the offset in network byte order; zero beyond the end.
    @inline(__always) package func big<Word: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
        _ offset: Int, as _: Word.Type = Word.self
    ) -> Word {
        Word(bigEndian: load(offset))
    }

    /// The part from `offset` on, at most `length` long; what is beyond the end is cut off.
    @inline(__always) package func slice(_ offset: Int, _ length: Int) -> ByteView {
        let start = min(max(offset, 0), count)
        return unsafe ByteView(unsafe base + start, count: max(0, min(length, count &- start)))
    }

    package var array: [UInt8] { unsafe [UInt8](UnsafeRawBufferPointer(start: base, count: count)) }
}

/// A netlink attribute: its type without the nesting and byte order flags, and its payload.
@safe package struct Attribute {
    package let type: UInt16
    package let payload: ByteView

    /// Reads a number in network byte order; false, and nothing read, where the payload is not as long as the number.
    @inline(__always) package func read<Word: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
        into number: inout Word
    ) -> Bool {
        guard payload.count == MemoryLayout<Word>.size else { return false }
        number = payload.big(0)
        return true
    }
}

/// The attributes in a run of bytes; ends at the first that claims more than there is.
@safe package struct AttributeCursor {
    private let view: ByteView
    private var offset = 0
    /// Whether the run ended in an attribute that is cut off or shorter than its own head.
    package private(set) var isMalformed = false

    @inline(__always) package init(_ view: ByteView) { self.view = view }

    @inline(__always) package mutating func next() -> Attribute? {
        guard offset &+ 4 <= view.count else {
            if offset < view.count { isMalformed = true }
            return nil
        }
        let length = Int(view.load(offset, as: UInt16.self))
        guard length >= 4, offset &+ length <= view.count else {
            isMalformed = true
            return nil
        }
        // NLA_F_NESTED and NLA_F_NET_BYTEORDER are the two upper bits.
        let type = view.load(offset &+ 2, as: UInt16.self) & 0x3fff
        let payload = view.slice(offset &+ 4, length &- 4)
        offset = offset &+ (length &+ 3) & ~3
        return Attribute(type: type, payload: payload)
    }
}

/// One message of a datagram: the fields of `nlmsghdr` and, for netfilter, of `nfgenmsg`.
@safe package struct NetlinkMessage {
    package let type: UInt16
    package let flags: UInt16
    package let sequence: UInt32
    /// What follows `nlmsghdr`.
    package let body: ByteView

    /// `nfgen_family` of a netfilter message.
    package var family: UInt8 { body.load(0) }
    /// What follows `nfgenmsg`.
    package var attributes: ByteView { body.slice(4, body.count - 4) }
}

/// The messages in a datagram.
@safe package struct MessageCursor {
    private let view: ByteView
    private var offset = 0
    package private(set) var isMalformed = false

    @inline(__always) package init(_ view: ByteView) { self.view = view }

    @inline(__always) package mutating func next() -> NetlinkMessage? {
        guard offset &+ 16 <= view.count else {
            if offset < view.count { isMalformed = true }
            return nil
        }
        let length = Int(view.load(offset, as: UInt32.self))
        guard length >= 16, offset &+ length <= view.count else {
            isMalformed = true
            return nil
        }
        let message = NetlinkMessage(
            type: view.load(offset &+ 4), flags: view.load(offset &+ 6), sequence: view.load(offset &+ 8),
            body: view.slice(offset &+ 16, length &- 16))
        offset = offset &+ (length &+ 3) & ~3
        return message
    }
}
