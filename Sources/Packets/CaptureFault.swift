/// Why a capture cannot be read on, and where.
package struct CaptureFault: Error, Hashable, CustomStringConvertible {
    /// Bytes of the content before what is wrong, after decompression.
    package let offset: Int
    package let reason: String

    package var description: String { "\(reason), at byte \(offset)" }
}
