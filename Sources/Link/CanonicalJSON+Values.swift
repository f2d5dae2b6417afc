import Model

/// What stands in one text or number, and what is left out where it is nil.
extension CanonicalJSON {
    mutating func append<Subject>(_ id: Identifier<Subject>) { append(plain: id.description) }
    mutating func append(_ address: IPAddress) { append(plain: address.description) }
    mutating func append(_ prefix: IPPrefix) { append(plain: prefix.description) }

    /// Writes a comma, a key and a text, or nothing.
    mutating func append(_ key: String, string text: String?) {
        guard let text else { return }
        append(key)
        append(string: text)
    }

    /// Writes a comma, a key and a number, or nothing.
    mutating func append(_ key: String, number: (some BinaryInteger)?) {
        guard let number else { return }
        append(key)
        append(number: number)
    }

    /// Writes a comma, a key and a prefix, or nothing.
    mutating func append(_ key: String, prefix: IPPrefix?) {
        guard let prefix else { return }
        append(key)
        append(prefix)
    }

    /// Writes a comma, a key and a range of ports, or nothing.
    mutating func append(_ key: String, ports: PortRange?) {
        guard let ports else { return }
        append(key)
        append(#"{"lower":"#)
        append(number: ports.lower)
        append(#","upper":"#, number: ports.upper)
        append("}")
    }
}
