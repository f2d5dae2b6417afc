import CZstd

/// Reads frames back; keeps the library's working memory from one call to the next.
@safe package final class Decompressor {
    private let context: OpaquePointer

    package init() throws(ZstdError) {
        guard let context = unsafe ZSTD_createDCtx() else { throw .noMemory }
        unsafe self.context = context
    }

    deinit { _ = unsafe ZSTD_freeDCtx(context) }

    /// Reads frames whose content has exactly `length` bytes.
    package func read(_ bytes: ArraySlice<UInt8>, length: Int) throws(ZstdError) -> [UInt8] {
        var made = 0
        let content = unsafe [UInt8](unsafeUninitializedCapacity: length) { target, count in
            made = unsafe bytes.withUnsafeBytes { source in
                unsafe ZSTD_decompressDCtx(context, target.baseAddress, length, source.baseAddress, source.count)
            }
            count = ZSTD_isError(made) == 0 ? min(made, length) : 0
        }
        guard ZSTD_isError(made) == 0 else { throw .corrupt(reason: unsafe String(cString: ZSTD_getErrorName(made))) }
        guard made == length else { throw .wrongLength(wanted: length, seen: made) }
        return content
    }
}
