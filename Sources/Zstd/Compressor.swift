import CZstd

/// Compresses into single frames; keeps the library's working memory from one call to the next.
@safe package final class Compressor {
    private let context: OpaquePointer
    private let level: Int32

    /// A compressor of a level from 1 (fast) to 22 (small).
    package init(level: Int) throws(ZstdError) {
        guard (1...22).contains(level) else { throw .badLevel(level) }
        guard let context = unsafe ZSTD_createCCtx() else { throw .noMemory }
        unsafe self.context = context
        self.level = Int32(level)
    }

    deinit { _ = unsafe ZSTD_freeCCtx(context) }

    /// Adds a frame with the content of `bytes` to the end of `output`.
    ///
    /// - Returns: How many bytes the frame has.
    @discardableResult
    package func append(_ bytes: [UInt8], to output: inout [UInt8]) throws(ZstdError) -> Int {
        let start = output.count
        let room = ZSTD_compressBound(bytes.count)
        output.append(contentsOf: repeatElement(0, count: room))
        let made = unsafe output.withUnsafeMutableBytes { target in
            unsafe bytes.withUnsafeBytes { source in
                unsafe ZSTD_compressCCtx(
                    context, target.baseAddress.map { unsafe $0 + start }, room, source.baseAddress, source.count, level
                )
            }
        }
        guard ZSTD_isError(made) == 0 else {
            output.removeLast(room)
            throw .noMemory
        }
        output.removeLast(room - made)
        return made
    }
}
