import Service

/// The date that a caller's client was made for: it decides how protocols are spelled.
struct APIVersion: Hashable, Comparable, Sendable {
    private let date: String

    /// From here on `icmp_tcp_udp` is said where older versions say `all`.
    private static let split = APIVersion(date: "2025-12-09")
    private static let oldest = APIVersion(date: "2019-01-01")

    private init(date: String) { self.date = date }

    /// Reads `version` and `generation` of a query.
    init(_ call: Call) throws(VPCError) {
        guard let text = call.values("version").first, !text.isEmpty else {
            throw .parameter(
                .missingVersion, "version", "The query has no version; say version=YYYY-MM-DD, as 2026-10-06.")
        }
        guard Self.isDate(text), APIVersion(date: text) >= Self.oldest else {
            throw .parameter(
                .versionNotSupported, "version", "The version is no date YYYY-MM-DD from 2019-01-01 on.",
                value: String(text.prefix(40)))
        }
        guard call.values("generation").first == "2" else {
            throw .parameter(.missingGeneration, "generation", "The query must say generation=2.")
        }
        self.init(date: text)
    }

    private static func isDate(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard text.utf8.count == 10, parts.map(\.utf8.count) == [4, 2, 2],
            parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]), (1...12).contains(month)
        else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return (1...days[month - 1]).contains(day)
    }

    var isBeforeSplit: Bool { self < Self.split }

    static func < (lhs: APIVersion, rhs: APIVersion) -> Bool { lhs.date < rhs.date }
}
