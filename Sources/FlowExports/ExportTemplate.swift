/// How an exporter lays out records: its fields, one behind the other.
struct ExportTemplate: Hashable {
    struct Field: Hashable {
        let element: UInt16
        /// nil for those of IANA; 29305 is the other way of one of IANA's (RFC 5103).
        let enterprise: UInt32?
        /// `variable`: each record says it.
        let length: Int
    }

    static let variable = -1
    static let reverse: UInt32 = 29_305
    /// Fields of one template; the kinds that IANA knows are fewer.
    static let mostFields = 512

    let fields: [Field]
    let isOptions: Bool

    /// The shortest record: what is left of a set and is shorter is padding.
    var shortest: Int { max(1, fields.reduce(0) { $0 + ($1.length == Self.variable ? 1 : $1.length) }) }
}

/// Numbers as they lie in messages; who reads has looked that the bytes are there.
extension Span<UInt8> {
    func big16(_ offset: Int) -> UInt16 { UInt16(self[offset]) << 8 | UInt16(self[offset + 1]) }
    func big32(_ offset: Int) -> UInt32 { UInt32(big16(offset)) << 16 | UInt32(big16(offset + 2)) }

    /// A number of any length; nil where it has more than 64 bits.
    func number(_ range: Range<Int>) -> UInt64? {
        var value: UInt64 = 0
        for place in range {
            guard value >> 56 == 0 else { return nil }
            value = value << 8 | UInt64(self[place])
        }
        return value
    }
}
