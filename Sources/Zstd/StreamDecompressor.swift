import CZstd

/// Reads a stream of frames piece by piece.
@safe package final class StreamDecompressor {
    /// The four bytes that a frame begins with.
    package static let magic: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd]

    private let stream: OpaquePointer
    private var isBetweenFrames = true

    package init() throws(ZstdError) {
        guard let stream = unsafe ZSTD_createDStream() else { throw .noMemory }
        unsafe self.stream = stream
        // A frame may want at most 128 MiB of window.
        _ = unsafe ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, 27)
    }

    deinit { _ = unsafe ZSTD_freeDStream(stream) }

    /// Hands over the content of further bytes of the stream, in pieces of at most 128 kB.
    package func read(_ bytes: [UInt8], _ take: ([UInt8]) throws -> Void) throws {
        var position = 0
        var isFull = false
        while position < bytes.count || isFull {
            var produced = 0
            var result = 0
            let room = 128 << 10
            let piece = unsafe [UInt8](unsafeUninitializedCapacity: room) { target, count in
                unsafe bytes.withUnsafeBytes { source in
                    var input = unsafe ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: position)
                    var output = unsafe ZSTD_outBuffer(dst: target.baseAddress, size: room, pos: 0)
                    result = unsafe ZSTD_decompressStream(stream, &output, &input)
                    position = unsafe input.pos
                    produced = unsafe output.pos
                }
                count = produced
            }
            guard ZSTD_isError(result) == 0 else {
                throw ZstdError.corrupt(reason: unsafe String(cString: ZSTD_getErrorName(result)))
            }
            isBetweenFrames = result == 0
            isFull = produced == room && !isBetweenFrames
            if !piece.isEmpty { try take(piece) }
        }
    }

    /// Says that the stream is over.
    package func finish() throws(ZstdError) {
        guard isBetweenFrames else { throw .truncated }
    }
}
