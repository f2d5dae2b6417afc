import CZlib

/// Window of 32 kB (15), plus 16 for the gzip format (zlib's `windowBits`).
private let gzipWindowBits: Int32 = 15 + 16

/// Compresses bytes into one gzip member; the same bytes and level give the same result with the same zlib.
///
/// The header carries neither time nor name.
package func compress(_ bytes: [UInt8], level: Int = 6) throws(GzipError) -> [UInt8] {
    guard (0...9).contains(level) else { throw .badLevel(level) }
    guard let inputCount = UInt32(exactly: bytes.count) else { throw .tooLarge(limit: Int(UInt32.max)) }
    var stream = unsafe z_stream()
    let started = unsafe deflateInit2_(
        &stream, Int32(level), Z_DEFLATED, gzipWindowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
        Int32(MemoryLayout<z_stream>.size))
    guard started == Z_OK else { throw .refused(call: "deflateInit2", code: Int(started)) }
    defer { _ = unsafe deflateEnd(&stream) }
    var input = bytes
    var output = [UInt8](repeating: 0, count: Int(unsafe deflateBound(&stream, UInt(bytes.count))))
    let capacity = output.count
    let result = unsafe input.withUnsafeMutableBufferPointer { source in
        unsafe output.withUnsafeMutableBufferPointer { target in
            unsafe stream.next_in = source.baseAddress
            unsafe stream.avail_in = inputCount
            unsafe stream.next_out = target.baseAddress
            unsafe stream.avail_out = UInt32(clamping: target.count)
            return unsafe deflate(&stream, Z_FINISH)
        }
    }
    guard result == Z_STREAM_END else { throw .refused(call: "deflate", code: Int(result)) }
    unsafe output.removeLast(capacity - Int(stream.total_out))
    return output
}
