/// Numbers as they lie in files and packets; who reads has looked that the bytes are there.
extension Span<UInt8> {
    func big16(_ offset: Int) -> UInt16 { UInt16(self[offset]) << 8 | UInt16(self[offset + 1]) }
    func big32(_ offset: Int) -> UInt32 { UInt32(big16(offset)) << 16 | UInt32(big16(offset + 2)) }
    func big64(_ offset: Int) -> UInt64 { UInt64(big32(offset)) << 32 | UInt64(big32(offset + 4)) }
    func big128(_ offset: Int) -> UInt128 { UInt128(big64(offset)) << 64 | UInt128(big64(offset + 8)) }
}

/// The order of bytes that the machine had which wrote a capture.
enum ByteOrder {
    case little
    case big

    func read16(_ bytes: Span<UInt8>, _ offset: Int) -> UInt16 {
        switch self {
        case .little: bytes.big16(offset).byteSwapped
        case .big: bytes.big16(offset)
        }
    }

    func read32(_ bytes: Span<UInt8>, _ offset: Int) -> UInt32 {
        switch self {
        case .little: bytes.big32(offset).byteSwapped
        case .big: bytes.big32(offset)
        }
    }

    func read64(_ bytes: Span<UInt8>, _ offset: Int) -> UInt64 {
        switch self {
        case .little: bytes.big64(offset).byteSwapped
        case .big: bytes.big64(offset)
        }
    }

    /// Two words, the upper first, as pcapng has instants.
    func readHalves(_ bytes: Span<UInt8>, _ offset: Int) -> UInt64 {
        UInt64(read32(bytes, offset)) << 32 | UInt64(read32(bytes, offset + 4))
    }
}
