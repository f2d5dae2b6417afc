import CZlib

/// Reads one gzip member back, as long as its content has at most `limit` bytes.
package func decompress(_ bytes: [UInt8], limit: Int) throws(GzipError) -> [UInt8] {
    var stream = unsafe z_stream()
    let started = unsafe inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard started == Z_OK else { throw .refused(call: "inflateInit2", code: Int(started)) }
    defer { _ = unsafe inflateEnd(&stream) }
    var input = bytes
    var content: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 * 1024)
    var consumed = 0
    while true {
        let offset = consumed
        let step = unsafe input.withUnsafeMutableBufferPointer { source in
            unsafe chunk.withUnsafeMutableBufferPointer { target in
                let rest = unsafe UnsafeMutableBufferPointer(rebasing: source[offset...])
                unsafe stream.next_in = rest.baseAddress
                unsafe stream.avail_in = UInt32(clamping: rest.count)
                let offered = unsafe stream.avail_in
                unsafe stream.next_out = target.baseAddress
                unsafe stream.avail_out = UInt32(target.count)
                let code = unsafe inflate(&stream, Z_NO_FLUSH)
                return unsafe (
                    code: code, read: Int(offered - stream.avail_in), made: target.count - Int(stream.avail_out)
                )
            }
        }
        consumed += step.read
        guard content.count + step.made <= limit else { throw .tooLarge(limit: limit) }
        content += chunk[..<step.made]
        switch step.code {
        case Z_STREAM_END:
            guard consumed == bytes.count else { throw .trailingBytes(count: bytes.count - consumed) }
            return content
        case Z_OK where consumed < bytes.count || step.made == chunk.count: continue
        case Z_OK, Z_BUF_ERROR: throw .truncated(at: consumed)
        case Z_MEM_ERROR: throw .refused(call: "inflate", code: Int(step.code))
        default: throw .corrupt(at: consumed, code: Int(step.code))
        }
    }
}

/// How many bytes a gzip member says it holds, up to 4 GiB; nil for bytes that are too few for one.
package func contentSize(_ member: [UInt8]) -> Int? {
    guard member.count >= 18 else { return nil }
    return member.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
}
