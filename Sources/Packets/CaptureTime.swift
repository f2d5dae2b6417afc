/// How a capture counts time.
struct CaptureTime: Hashable, Sendable {
    private enum Unit: Hashable, Sendable {
        /// Ten to the power of minus so many seconds.
        case decimal(UInt8)
        /// Two to the power of minus so many seconds.
        case binary(UInt8)
    }

    private let unit: Unit
    /// Seconds that are added.
    private let offset: Int64

    /// The last microsecond of the year 9999, beyond which no time is written.
    static let latest: Int64 = 253_402_300_799_999_999

    static let microseconds = CaptureTime(resolution: 6, offset: 0)

    /// - Parameters:
    ///   - resolution: As `if_tsresol` has it: the upper bit says whether the rest is a power of two or of ten.
    ///   - offset: As `if_tsoffset` has it.
    init(resolution: UInt8, offset: Int64) {
        unit = resolution & 0x80 == 0 ? .decimal(resolution) : .binary(resolution & 0x7f)
        self.offset = offset
    }

    /// Microseconds since 1970, what is finer cut off; nil before 1970 and after 9999.
    func instant(_ count: UInt64) -> Int64? {
        let wide: UInt128
        switch unit {
        case .decimal(6): wide = UInt128(count)
        case .decimal(9): wide = UInt128(count / 1000)
        case .decimal(let digits) where digits < 6: wide = UInt128(count) * Self.power(6 - digits)
        // A count has twenty digits.
        case .decimal(let digits): wide = digits > 26 ? 0 : UInt128(count) / Self.power(digits - 6)
        case .binary(let bits): wide = (UInt128(count) * 1_000_000) >> UInt128(bits)
        }
        guard wide <= UInt128(Self.latest) else { return nil }
        guard offset != 0 else { return Int64(wide) }
        let (shift, isBeyond) = offset.multipliedReportingOverflow(by: 1_000_000)
        let (sum, isFurther) = Int64(wide).addingReportingOverflow(shift)
        return isBeyond || isFurther || sum < 0 || sum > Self.latest ? nil : sum
    }

    private static func power(_ digits: UInt8) -> UInt128 { (0..<digits).reduce(1) { power, _ in power * 10 } }
}
