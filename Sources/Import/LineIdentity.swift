import Crypto

/// The identities of a file's lines: format, content, and how many equal ones came before.
struct LineIdentity {
    private let format: [UInt8]
    private var counts: [UInt128: UInt32] = [:]

    init(_ format: ImportFormat) { self.format = Array(format.rawValue.utf8) + [0] }

    /// The identity of the next line with this content: 96 bits that nobody makes for another line.
    mutating func next(_ content: ArraySlice<UInt8>, context: [UInt8]) -> UInt128 {
        var hash = SHA256()
        hash.update(data: format)
        hash.update(data: context)
        hash.update(data: content)
        let first = Self.short(hash.finalize())
        let count = counts[first, default: 0]
        counts[first] = count + 1
        guard count > 0 else { return first }
        var again = SHA256()
        again.update(data: (0..<12).map { UInt8(truncatingIfNeeded: first >> UInt128(88 - 8 * $0)) })
        again.update(data: (0..<4).map { UInt8(truncatingIfNeeded: count >> UInt32(8 * $0)) })
        return Self.short(again.finalize())
    }

    private static func short(_ digest: SHA256Digest) -> UInt128 {
        digest.prefix(12).reduce(0) { $0 << 8 | UInt128($1) }
    }
}
