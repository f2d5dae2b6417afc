import Model

/// A rule of somebody else's, as far as it asks for no more than devices and blocks of addresses.
///
/// What asks for anything else (a port, a mark, a state) speaks of some packets only, and is not kept: the question is what
/// happens to all that a bridge forwards.
struct ForeignRule: Hashable, Sendable {
    enum Verdict: Hashable, Sendable {
        case accept
        case drop
        case `return`
        case jump(String)
        case goto(String)
        /// The source becomes another.
        case translate
    }

    /// One of these values, or none of them.
    struct Test<Value: Hashable & Sendable>: Hashable, Sendable {
        var values: [Value]
        var isNegated: Bool
    }

    var input: Test<String>?
    var output: Test<String>?
    var source: Test<IPPrefix>?
    var target: Test<IPPrefix>?
    let verdict: Verdict

    /// Whether it speaks of all packets from one block to the same, out of a bridge and into it again.
    func concerns(_ bridge: String, _ block: IPPrefix) -> Bool {
        [input, output].allSatisfy { Self.isMet($0, bridge) } && [source, target].allSatisfy { Self.isMet($0, block) }
    }

    private static func isMet(_ test: Test<String>?, _ device: String) -> Bool {
        guard let test else { return true }
        // iptables writes `br+`, nft `br*`.
        let isNamed = test.values.contains {
            $0.hasSuffix("*") || $0.hasSuffix("+") ? device.hasPrefix($0.dropLast()) : $0 == device
        }
        return isNamed != test.isNegated
    }

    private static func isMet(_ test: Test<IPPrefix>?, _ block: IPPrefix) -> Bool {
        guard let test else { return true }
        guard test.values.contains(where: { $0.family == block.family }) else { return false }
        if test.isNegated { return !test.values.contains { $0.overlaps(block) } }
        // An address for itself is what an engine writes for a published port's way back.
        return test.values.contains { $0.contains(block) || block.contains($0) && !$0.isSingleAddress }
    }
}

extension ForeignRule {
    /// Reads a line of `nft list`, its words and braces apart, quoted ones behind a quote; nil where it asks for more, or decides nothing.
    init?(listed words: [String]) {
        var rest = words[...]
        var (input, output): (Test<String>?, Test<String>?)
        var (source, target): (Test<IPPrefix>?, Test<IPPrefix>?)
        while let word = rest.popFirst() {
            switch word {
            case "iifname", "iif": input = Self.names(&rest)
            case "oifname", "oif": output = Self.names(&rest)
            case "counter":
                // `packets 0 bytes 0`, where they are listed.
                while let next = rest.first, next == "packets" || next == "bytes" || UInt64(next) != nil {
                    rest.removeFirst()
                }
            case "comment": rest = rest.dropFirst()
            case "ip", "ip6":
                let isSource = rest.popFirst()
                guard isSource == "saddr" || isSource == "daddr", let test = Self.blocks(&rest) else { return nil }
                if isSource == "saddr" { source = test } else { target = test }
            default:
                guard let verdict = Self.verdict(word, rest.first) else { return nil }
                self.init(input: input, output: output, source: source, target: target, verdict: verdict)
                return
            }
        }
        return nil
    }

    private static func verdict(_ word: String, _ next: String?) -> Verdict? {
        switch word {
        case "accept": .accept
        case "drop", "reject": .drop
        case "return": .return
        case "jump": next.map { .jump($0) }
        case "goto": next.map { .goto($0) }
        case "masquerade", "snat": .translate
        default: nil
        }
    }

    private static func names(_ rest: inout ArraySlice<String>) -> Test<String>? {
        var isNegated = false
        let values = values(&rest, &isNegated).map { $0.hasPrefix("\"") ? String($0.dropFirst()) : $0 }
        return values.isEmpty ? nil : Test(values: values, isNegated: isNegated)
    }

    private static func blocks(_ rest: inout ArraySlice<String>) -> Test<IPPrefix>? {
        var isNegated = false
        let texts = values(&rest, &isNegated)
        let values = texts.compactMap { try? IPPrefix(parsing: $0) }
        return values.isEmpty || values.count < texts.count ? nil : Test(values: values, isNegated: isNegated)
    }

    /// One value or those between braces, behind `!=` or nothing.
    private static func values(_ rest: inout ArraySlice<String>, _ isNegated: inout Bool) -> [String] {
        if rest.first == "!=" {
            isNegated = true
            rest.removeFirst()
        }
        guard let first = rest.popFirst() else { return [] }
        guard first == "{" else { return [first] }
        let values = Array(rest.prefix { $0 != "}" })
        rest = rest.dropFirst(values.count + 1)
        return values
    }
}

extension ForeignRule {
    /// Reads a line of `iptables-save`, behind `-A CHAIN`.
    init?(saved words: [String]) {
        var rest = words[...]
        var isNegated = false
        var (input, output): (Test<String>?, Test<String>?)
        var (source, target): (Test<IPPrefix>?, Test<IPPrefix>?)
        while let word = rest.popFirst() {
            if word == "!" {
                isNegated = true
                continue
            }
            guard let value = rest.popFirst() else { return nil }
            switch word {
            case "-i": input = Test(values: [value], isNegated: isNegated)
            case "-o": output = Test(values: [value], isNegated: isNegated)
            case "-s", "-d":
                guard let block = try? IPPrefix(parsing: value) else { return nil }
                let test = Test(values: [block], isNegated: isNegated)
                if word == "-s" { source = test } else { target = test }
            case "-j", "-g":
                let verdict: Verdict =
                    switch value {
                    case "ACCEPT": .accept
                    case "DROP", "REJECT": .drop
                    case "RETURN": .return
                    case "MASQUERADE", "SNAT": .translate
                    default: word == "-g" ? .goto(value) : .jump(value)
                    }
                self.init(input: input, output: output, source: source, target: target, verdict: verdict)
                return
            default: return nil
            }
            isNegated = false
        }
        return nil
    }
}
