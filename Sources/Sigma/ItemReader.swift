import Documents
import Model
import Records

/// Reads one line of a search: a field with its modifiers, and what its value may be.
struct ItemReader {
    /// What `%name%` stands for, for `expand`.
    let placeholders: [String: [String]]

    /// The condition of a line; nil, with a report, of what is none.
    func read(_ key: String, _ value: FileValue) -> SigmaCondition? {
        let parts = key.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        guard let field = field(parts[0], value) else { return nil }
        var modifiers: [SigmaModifier] = []
        for name in parts.dropFirst() {
            guard let modifier = SigmaModifier(rawValue: name) else {
                let all = SigmaModifier.allCases.map(\.rawValue)
                value.report(
                    "\"\(name)\" is no modifier of Sigma 2.1",
                    mend: Suggestion.mend(name, among: all, none: "leave it out"))
                return nil
            }
            modifiers.append(modifier)
        }
        let values = value.isList ? value.elements(of: "values") : [value]
        guard !values.isEmpty else {
            value.report("an empty list fits nothing", mend: "write a value")
            return nil
        }
        let line = Line(field: field, modifiers: Set(modifiers), order: modifiers)
        if let fault = line.fault {
            value.report(fault, mend: "use one of them")
            return nil
        }
        var conditions: [SigmaCondition] = []
        for element in values {
            guard let condition = condition(line, element) else { return nil }
            conditions.append(condition)
        }
        let joined = SigmaCondition.joined(conditions, isAll: line.modifiers.contains(.all))
        return line.modifiers.contains(.neq) ? .not(joined) : joined
    }

    private func field(_ name: String, _ value: FileValue) -> SigmaField? {
        if let field = SigmaField(name: name) { return field }
        value.report(
            name.isEmpty ? "a value without a field" : "flow records have no field \"\(name)\"",
            mend: Suggestion.mend(name, among: SigmaField.all, none: "name a field"))
        return nil
    }

    /// The field and what is asked of it.
    private struct Line {
        let field: SigmaField
        let modifiers: Set<SigmaModifier>
        let order: [SigmaModifier]

        func has(_ modifier: SigmaModifier) -> Bool { modifiers.contains(modifier) }

        /// Modifiers that exclude each other.
        var fault: String? {
            let kinds = order.filter {
                switch $0 {
                case .lt, .lte, .gt, .gte, .re, .cidr, .exists: true
                case .contains, .startswith, .endswith, .all, .cased, .neq, .i, .m, .s, .fieldref, .expand, .minute,
                    .hour,
                    .day, .week, .month, .year, .base64, .base64offset, .wide, .utf16le, .utf16be, .utf16, .windash:
                    false
                }
            }
            if kinds.count > 1 { return "\(kinds.map(\.rawValue).joined(separator: " and ")) do not go together" }
            if has(.i) || has(.m) || has(.s), !has(.re) { return "i, m and s are of re alone" }
            if let kind = kinds.first, has(.contains) || has(.startswith) || has(.endswith) {
                return "\(kind.rawValue) and a part of the text do not go together"
            }
            return nil
        }

        var comparison: SigmaTest.Comparison? {
            has(.lt) ? .lt : has(.lte) ? .lte : has(.gt) ? .gt : has(.gte) ? .gte : nil
        }
        var part: SigmaModifier.Part? { order.lazy.compactMap(\.part).first }
    }

    private func condition(_ line: Line, _ value: FileValue) -> SigmaCondition? {
        guard let scalar = value.scalar else {
            value.report("\(value.kind) where a value is wanted", mend: "write a text, a number or a list of them")
            return nil
        }
        if line.has(.exists) {
            guard let exists = Bool(scalar.text.lowercased()) else {
                value.report("exists is \"\(scalar.text)\"", mend: "write true or false")
                return nil
            }
            let test = SigmaCondition.test(SigmaTest(field: line.field, question: .exists))
            return exists ? test : .not(test)
        }
        if scalar.isPlain, ["", "~", "null", "Null", "NULL"].contains(scalar.text) {
            return .not(.test(SigmaTest(field: line.field, question: .exists)))
        }
        if line.has(.fieldref) { return reference(line, scalar.text, value) }
        if line.has(.expand) { return expanded(line, scalar.text, value) }
        return condition(line, text: scalar.text, value)
    }

    private func reference(_ line: Line, _ name: String, _ value: FileValue) -> SigmaCondition? {
        guard let other = field(name, value) else { return nil }
        return .test(
            SigmaTest(
                field: line.field,
                question: .field(
                    other, opensBefore: line.has(.contains) || line.has(.endswith),
                    opensAfter: line.has(.contains) || line.has(.startswith))))
    }

    private func expanded(_ line: Line, _ text: String, _ value: FileValue) -> SigmaCondition? {
        guard text.count > 2, text.hasPrefix("%"), text.hasSuffix("%") else {
            return condition(line, text: text, value)
        }
        let name = String(text.dropFirst().dropLast())
        guard let texts = placeholders[name] else {
            value.report(
                "nothing says what %\(name)% stands for",
                mend: "write \(name): [VALUE, …] in placeholders.yml beside the rules")
            return nil
        }
        var conditions: [SigmaCondition] = []
        for text in texts {
            guard let condition = condition(line, text: text, value) else { return nil }
            conditions.append(condition)
        }
        return .joined(conditions, isAll: false)
    }

    private func condition(_ line: Line, text: String, _ value: FileValue) -> SigmaCondition? {
        if let part = line.part {
            guard let number = UInt64(text) else { return wrong(text, "a number", value) }
            return .test(SigmaTest(field: line.field, question: .part(part, line.comparison, number)))
        }
        if line.has(.cidr) {
            guard line.field.kind == .address else {
                value.report("cidr asks for an address, and the field holds none", mend: "use src_ip or dst_ip")
                return nil
            }
            guard let prefix = try? IPPrefix(parsing: text) else {
                return wrong(text, "a prefix such as 10.0.0.0/8", value)
            }
            return .test(
                SigmaTest(field: line.field, question: .range(AddressBits.of(prefix.base), AddressBits.of(prefix.last)))
            )
        }
        if line.has(.re) {
            do {
                _ = try Regex(text)
            } catch {
                value.report("\"\(text)\" is no regular expression: \(error)", mend: "write one")
                return nil
            }
            return .test(
                SigmaTest(
                    field: line.field,
                    question: .expression(
                        text, ignoresCase: line.has(.i), isMultiline: line.has(.m), dotFitsLines: line.has(.s))))
        }
        if let comparison = line.comparison { return compared(line, comparison, text, value) }
        let conditions = ValueForms.all(text, line.order).map { pattern in
            plain(
                line,
                pattern.open(
                    before: line.has(.contains) || line.has(.endswith),
                    after: line.has(.contains) || line.has(.startswith)))
        }
        return .joined(conditions, isAll: false)
    }

    private func wrong(_ text: String, _ wanted: String, _ value: FileValue) -> SigmaCondition? {
        value.report("\"\(text)\" is not \(wanted)", mend: "write \(wanted)")
        return nil
    }

    private func compared(
        _ line: Line, _ comparison: SigmaTest.Comparison, _ text: String, _ value: FileValue
    ) -> SigmaCondition? {
        switch line.field.kind {
        case .number:
            guard let number = UInt64(text) else { return wrong(text, "a whole number from 0 on", value) }
            return .test(SigmaTest(field: line.field, question: .compares(comparison, number)))
        case .instant:
            guard let instant = TimeText.instant(text) else {
                return wrong(text, "a time such as 2026-01-02T03:04:05Z", value)
            }
            let bits = UInt64(bitPattern: instant.nanoseconds / 1000)
            return .test(SigmaTest(field: line.field, question: .compares(comparison, bits)))
        case .text, .word, .address:
            value.report("\(comparison) asks for a number, and the field holds none", mend: "use a field of numbers")
            return nil
        }
    }

    /// What a text asks of a field that may hold a number or an address.
    private func plain(_ line: Line, _ pattern: SigmaPattern) -> SigmaCondition {
        let isCased = line.has(.cased)
        func test(_ question: SigmaTest.Question) -> SigmaCondition {
            .test(SigmaTest(field: line.field, question: question))
        }
        if let literal = pattern.literal {
            switch line.field.kind {
            case .number: if let number = UInt64(literal) { return test(.equals(number)) }
            case .address:
                if let address = IPAddress(literal) {
                    let bits = AddressBits.of(address)
                    return test(.range(bits, bits))
                }
            case .instant:
                if let instant = TimeText.instant(literal) {
                    return test(.equals(UInt64(bitPattern: instant.nanoseconds / 1000)))
                }
            case .word, .text:
                if line.field == .column(.verdict), let verdict = Self.verdict(literal) {
                    return test(.pattern(SigmaPattern(literal: verdict.rawValue), isCased: false))
                }
                if line.field == .column(.transport), let transport = TransportProtocol(literal) {
                    return test(.pattern(SigmaPattern(literal: transport.description), isCased: false))
                }
            }
        }
        return test(.pattern(isCased ? pattern : pattern.lowercased, isCased: isCased))
    }

    /// The words that firewalls have for both.
    private static func verdict(_ text: String) -> Verdict? {
        switch text.lowercased() {
        case "drop", "dropped", "deny", "denied", "reject", "rejected", "block", "blocked": .drop
        case "accept", "accepted", "allow", "allowed", "permit", "permitted", "pass": .accept
        default: nil
        }
    }
}

/// Addresses as sixteen bytes, as files have them.
enum AddressBits {
    static func of(_ address: IPAddress) -> UInt128 {
        switch address.family {
        case .ipv4: 0xffff << 32 | UInt128(address.low)
        case .ipv6: UInt128(address.high) << 64 | UInt128(address.low)
        }
    }
}
