/// Why bytes could not be compressed or read back.
package enum ZstdError: Error, Hashable, Sendable {
    /// The level is not one of 1–22.
    case badLevel(Int)
    /// The stream is not zstd, or its content is not what it says.
    case corrupt(reason: String)
    /// The stream ends before its last frame does.
    case truncated
    /// The content is larger than the caller allows.
    case tooLarge(limit: Int)
    /// The content has another length than the caller knows it to have.
    case wrongLength(wanted: Int, seen: Int)
    /// The library has no memory for it.
    case noMemory
}
