package import Model

extension RecordFilter {
    /// Why a term cannot be used: the term, the value seen, and what was wanted.
    package struct ParseError: Error, Hashable, Sendable, CustomStringConvertible {
        package let term: String
        package let value: String
        package let mend: String

        package var description: String {
            term.isEmpty ? "filter \"\(value)\": \(mend)" : "filter \(term)=\"\(value)\": \(mend)"
        }
    }

    /// Reads terms as `src=10.0.0.0/8`; the same term twice narrows twice.
    package init(
        parsing texts: [String], since: Timestamp? = nil, until: Timestamp? = nil
    ) throws(ParseError) {
        var terms: [Term] = []
        for text in texts { terms.append(try Self.term(text)) }
        self.init(terms: terms, since: since, until: until)
    }

    private static let names = "src, dst, port, sport, dport, proto, action, interface, group, rule"

    private static func term(_ text: String) throws(ParseError) -> Term {
        guard let equals = text.firstIndex(of: "=") else {
            throw ParseError(term: "", value: text, mend: "write TERM=VALUE with one of \(names)")
        }
        let name = String(text[..<equals])
        let value = String(text[text.index(after: equals)...])
        guard !value.isEmpty else { throw ParseError(term: name, value: value, mend: "a value must follow the =") }
        switch name {
        case "src": return .source(try prefix(name, value))
        case "dst": return .target(try prefix(name, value))
        case "port": return .port(try port(name, value))
        case "sport": return .sourcePort(try port(name, value))
        case "dport": return .targetPort(try port(name, value))
        case "proto":
            guard let transport = TransportProtocol(value) else {
                throw ParseError(
                    term: name, value: value, mend: "not a protocol: use a name as tcp, udp, icmp or a number 0-255")
            }
            return .transport(transport)
        case "action":
            if value.lowercased() == "observe" { return .observation }
            guard let verdict = Verdict(rawValue: value.lowercased()) else {
                throw ParseError(term: name, value: value, mend: "not a verdict: use accept, drop or observe")
            }
            return .verdict(verdict)
        case "interface": return .interface(value)
        case "group": return .group(value)
        case "rule": return .rule(try ruleBeginning(name, value))
        default: throw ParseError(term: name, value: value, mend: "no such term: use one of \(names)")
        }
    }

    private static func prefix(_ name: String, _ value: String) throws(ParseError) -> IPPrefix {
        do {
            return try IPPrefix(parsing: value)
        } catch {
            let mend =
                switch error {
                case .malformed: "not an address: use one as 10.1.0.4, or a prefix as 10.1.0.0/16"
                case .lengthOutOfRange(let maximum): "the prefix length can be at most \(maximum)"
                case .hostBitsSet(let network): "bits are set beyond the prefix length: did you mean \(network)?"
                }
            throw ParseError(term: name, value: value, mend: mend)
        }
    }

    private static func port(_ name: String, _ value: String) throws(ParseError) -> UInt16 {
        guard let port = UInt16(value) else {
            throw ParseError(term: name, value: value, mend: "not a port: use a number 0-65535")
        }
        return port
    }

    private static func ruleBeginning(_ name: String, _ value: String) throws(ParseError) -> String {
        let lowered = value.lowercased()
        guard lowered.utf8.count >= 4, lowered.allSatisfy({ $0.isHexDigit || $0 == "-" }) else {
            throw ParseError(
                term: name, value: value, mend: "not a rule id: use the id, or at least its first four characters")
        }
        return lowered
    }
}
