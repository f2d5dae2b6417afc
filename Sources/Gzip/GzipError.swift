/// Why bytes could not be compressed or read back.
package enum GzipError: Error, Hashable, Sendable {
    /// The level is not one of 0–9.
    case badLevel(Int)
    /// The stream ends before its trailer.
    case truncated(at: Int)
    /// The stream is not gzip, or its checksum is wrong.
    case corrupt(at: Int, code: Int)
    /// The content is larger than the caller allows.
    case tooLarge(limit: Int)
    /// Bytes follow the end of the stream.
    case trailingBytes(count: Int)
    /// zlib refused for another reason, mostly want of memory.
    case refused(call: String, code: Int)
}
