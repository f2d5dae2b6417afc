import Model
import Records

/// Reads the values that a field is compared with.
struct ValueReader {
    typealias Item = FilterExpression.Item
    typealias Value = FilterExpression.Value

    struct Refusal: Error {
        let reason: String

        init(_ reason: String) { self.reason = reason }
    }

    let field: FilterField
    let context: FilterContext

    /// A word without quotes.
    func read(_ word: String) throws(Refusal) -> Item {
        switch field.kind {
        case .number(let bits): return .value(.number(try number(word, bits: bits)))
        case .instant: return .value(.instant(try instant(word)))
        case .address: return try address(word)
        case .text:
            if word.hasSuffix("*") { return .beginning(String(word.dropLast())) }
            return .value(.text(word))
        case .word(let words): return .value(.text(try one(of: words, word)))
        }
    }

    func read(quoted text: String) throws(Refusal) -> Item {
        switch field.kind {
        case .text: .value(.text(text))
        case .address where field.takesNames: .value(.name(text))
        case .number, .instant, .address, .word: try read(text)
        }
    }

    /// nil where the ends are of two kinds, or turned.
    func range(_ low: Value, _ high: Value) -> Item? {
        switch (low, high) {
        case (.number(let first), .number(let last)) where first <= last: .range(low, high)
        case (.instant(let first), .instant(let last)) where first <= last: .range(low, high)
        case (.address(let first), .address(let last)) where first.family == last.family && first <= last:
            .range(low, high)
        case (.text(let first), .text(let last)) where !Array(last.utf8).lexicographicallyPrecedes(Array(first.utf8)):
            .range(low, high)
        case (.number, _), (.instant, _), (.address, _), (.text, _), (.name, _): nil
        }
    }

    private static let units: [(name: String, factor: UInt64)] = [
        ("KIB", 1 << 10), ("MIB", 1 << 20), ("GIB", 1 << 30), ("TIB", 1 << 40), ("KB", 1000), ("MB", 1_000_000),
        ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
    ]

    private func number(_ word: String, bits: Int) throws(Refusal) -> UInt64 {
        let upper = word.uppercased()
        let unit = Self.units.first { upper.hasSuffix($0.name) }
        let digits = unit.map { upper.dropLast($0.name.count) } ?? upper[...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw Refusal("\"\(word)\" is no number: write digits, with KB, MB, GB, KiB, MiB or GiB behind them")
        }
        let most = bits >= 64 ? UInt64.max : (1 << UInt64(bits)) - 1
        let (value, isBeyond) = (UInt64(digits) ?? .max).multipliedReportingOverflow(by: unit?.factor ?? 1)
        guard UInt64(digits) != nil, !isBeyond, value <= most else {
            throw Refusal("\"\(word)\" is too large: \(field.name) is at most \(most)")
        }
        return value
    }

    private func instant(_ word: String) throws(Refusal) -> Int64 {
        if let time = local(word) { return time }
        do {
            let nanoseconds = try TimeText.time(word, now: context.now).nanoseconds
            return nanoseconds >= 0 ? nanoseconds / 1000 : (nanoseconds - 999) / 1000
        } catch {
            throw Refusal("\"\(word)\" is no time: write 15m, 2h or 1d ago, 11:24 today, or 2026-11-03T09:54:58Z")
        }
    }

    /// `11:24` or `11:24:30` of today, as the clock on the wall has it.
    private func local(_ word: String) -> Int64? {
        let parts = word.split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count),
            parts.allSatisfy({ (1...2).contains($0.utf8.count) && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } })
        else { return nil }
        let numbers = parts.compactMap { Int64($0) }
        guard numbers[0] < 24, numbers[1] < 60, numbers.count < 3 || numbers[2] < 60 else { return nil }
        let seconds = numbers[0] * 3600 + numbers[1] * 60 + (numbers.count == 3 ? numbers[2] : 0)
        let today = context.now.seconds + Int64(context.offset)
        let midnight = today - (today % 86_400 + 86_400) % 86_400
        return (midnight + seconds - Int64(context.offset)) * 1_000_000
    }

    private func address(_ word: String) throws(Refusal) -> Item {
        if let address = IPAddress(word) { return .value(.address(address)) }
        do {
            return .network(try IPPrefix(parsing: word))
        } catch {
            switch error {
            case .hostBitsSet(let network):
                throw Refusal("bits are set beyond the prefix length: did you mean \(network)?")
            case .lengthOutOfRange(let maximum) where word.contains("/"):
                throw Refusal("the prefix length can be at most \(maximum)")
            case .malformed, .lengthOutOfRange:
                // What begins as an address is meant as one.
                guard field.takesNames, word.first?.isNumber == false, !word.contains(":"), !word.hasSuffix("*") else {
                    throw Refusal("\"\(word)\" is no address: write one as 10.1.0.4, or a network as 10.1.0.0/16")
                }
                return .value(.name(word))
            }
        }
    }

    private func one(of words: [String], _ word: String) throws(Refusal) -> String {
        let lowered = word.lowercased()
        if field == .column(.transport), let transport = TransportProtocol(lowered) { return transport.description }
        if let known = words.first(where: { $0 == lowered }) { return known }
        let named = words.filter { UInt8($0) == nil }
        let list = named.count <= 8 ? named.joined(separator: ", ") : "a name as tcp, udp, icmp or a number"
        let mend = Suggestion.nearest(to: word, among: named).map { "did you mean \($0)?" } ?? "there is \(list)"
        throw Refusal("\"\(word)\" is no \(field.name): \(mend)")
    }
}

extension FilterField {
    /// Whether names stand for the field's addresses.
    package var takesNames: Bool { self == .source || self == .target }
}
