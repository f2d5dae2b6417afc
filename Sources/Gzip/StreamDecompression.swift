import CZlib

/// Reads a stream of gzip members piece by piece.
@safe package final class StreamDecompressor {
    /// The two bytes that a member begins with.
    package static let magic: [UInt8] = [0x1f, 0x8b]

    private var stream: z_stream = unsafe z_stream()
    private var isBetweenMembers = true
    private var consumed = 0

    package init() throws(GzipError) {
        let started = unsafe inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard started == Z_OK else { throw .refused(call: "inflateInit2", code: Int(started)) }
    }

    deinit { _ = unsafe inflateEnd(&stream) }

    /// Hands over the content of further bytes of the stream, in pieces of at most 128 kB.
    package func read(_ bytes: [UInt8], _ take: ([UInt8]) throws -> Void) throws {
        var input = bytes
        var position = 0
        var chunk = [UInt8](repeating: 0, count: 128 << 10)
        var isFull = false
        while position < bytes.count || isFull {
            if isBetweenMembers, position < bytes.count {
                guard unsafe inflateReset(&stream) == Z_OK else {
                    throw GzipError.refused(call: "inflateReset", code: 0)
                }
                isBetweenMembers = false
            }
            let offset = position
            let step = unsafe input.withUnsafeMutableBufferPointer { source in
                unsafe chunk.withUnsafeMutableBufferPointer { target in
                    unsafe stream.next_in = source.baseAddress.map { unsafe $0 + offset }
                    unsafe stream.avail_in = UInt32(clamping: source.count - offset)
                    let offered = unsafe stream.avail_in
                    unsafe stream.next_out = target.baseAddress
                    unsafe stream.avail_out = UInt32(target.count)
                    let code = unsafe inflate(&stream, Z_NO_FLUSH)
                    return unsafe (
                        code: code, read: Int(offered - stream.avail_in), made: target.count - Int(stream.avail_out)
                    )
                }
            }
            position += step.read
            consumed += step.read
            switch step.code {
            case Z_STREAM_END: isBetweenMembers = true
            case Z_OK, Z_BUF_ERROR: break
            case Z_MEM_ERROR: throw GzipError.refused(call: "inflate", code: Int(step.code))
            default: throw GzipError.corrupt(at: consumed, code: Int(step.code))
            }
            isFull = step.made == chunk.count && !isBetweenMembers
            if step.made > 0 { try take(Array(chunk[..<step.made])) }
            if step.read == 0, step.made == 0, !isBetweenMembers { break }
        }
    }

    /// Says that the stream is over.
    package func finish() throws(GzipError) {
        guard isBetweenMembers else { throw .truncated(at: consumed) }
    }
}
