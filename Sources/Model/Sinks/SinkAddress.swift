/// The URL of a sink: `SCHEME://HOST[:PORT][/PATH]`, `file:PATH` or `stdout:`.
package struct SinkAddress: Hashable, Sendable, CustomStringConvertible {
    package let scheme: String
    /// Without the brackets of an IPv6 address; empty for files and standard output.
    package let host: String
    package let port: Int?
    /// What follows the host, with its slash and query; of a file its path.
    package let path: String

    /// Why a text is no address.
    package struct Fault: Error, Hashable, Sendable {
        package let message: String
        package let mend: String
    }

    /// Longer ones are refused.
    private static let maximumBytes = 2048

    package init(_ text: String, of kind: SinkKind) throws(Fault) {
        let shape = "write \"\(kind.example)\""
        guard text.utf8.count <= Self.maximumBytes, text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else {
            throw Fault(
                message: "url \"\(text.prefix(80))\" has blanks or control characters, or is too long", mend: shape)
        }
        guard let colon = text.firstIndex(of: ":") else {
            throw Fault(message: "url \"\(text.prefix(80))\" has no scheme", mend: shape)
        }
        scheme = text[..<colon].lowercased()
        guard kind.schemes.contains(scheme) else {
            throw Fault(
                message: "scheme \"\(scheme.prefix(40))\" is none of kind \(kind.rawValue)",
                mend: Suggestion.nearest(to: scheme, among: kind.schemes).map { "write \($0)" }
                    ?? "write one of \(kind.schemes.joined(separator: ", ")), as \"\(kind.example)\"")
        }
        let rest = text[text.index(after: colon)...]
        if kind == .file || kind == .stdout {
            (host, port) = ("", nil)
            path = rest.hasPrefix("///") ? String(rest.dropFirst(2)) : String(rest)
            guard (kind == .file) != path.isEmpty || kind == .stdout, kind == .file || path.isEmpty || path == "//",
                !path.hasPrefix("//"), !path.split(separator: "/").contains("..")
            else { throw Fault(message: "url \"\(text.prefix(80))\" names no file", mend: shape) }
            return
        }
        guard rest.hasPrefix("//") else {
            throw Fault(message: "url \"\(text.prefix(80))\" has no // before its host", mend: shape)
        }
        let place = rest.dropFirst(2)
        let end = place.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? place.endIndex
        let authority = place[..<end]
        guard !authority.contains("@") else {
            throw Fault(
                message: "url holds a user or password before its host",
                mend: "name the user with user: and a file of the secret with secret_file:")
        }
        guard !place[end...].contains("#") else {
            throw Fault(message: "url \"\(text.prefix(80))\" has a fragment", mend: "leave out what follows #")
        }
        guard let split = Self.split(authority) else {
            throw Fault(message: "\"\(authority.prefix(80))\" is no HOST:PORT", mend: shape)
        }
        (host, port) = split
        path = String(place[end...])
    }

    private static func split(_ authority: Substring) -> (String, Int?)? {
        var host = authority
        var port: Int?
        let isBracketed = authority.hasPrefix("[")
        if isBracketed {
            guard let close = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<close]
            guard IPAddress(host)?.family == .ipv6 else { return nil }
            let behind = authority[authority.index(after: close)...]
            guard behind.isEmpty || behind.hasPrefix(":") else { return nil }
            if !behind.isEmpty {
                guard let number = Int(behind.dropFirst()) else { return nil }
                port = number
            }
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            guard let number = Int(authority[authority.index(after: colon)...]) else { return nil }
            port = number
        }
        guard !host.isEmpty, isBracketed || host.utf8.allSatisfy(isHostByte), (1...65_535).contains(port ?? 1) else {
            return nil
        }
        return (String(host), port)
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }

    /// `HOST:PORT`, with brackets where the host is an IPv6 address.
    package var authority: String {
        (host.contains(":") ? "[\(host)]" : host) + (port.map { ":\($0)" } ?? "")
    }

    package var description: String { host.isEmpty ? "\(scheme):\(path)" : "\(scheme)://\(authority)\(path)" }
}

extension SinkAddress: Codable {
    private enum Key: CodingKey { case scheme, host, port, path }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        scheme = try container.decode(String.self, forKey: .scheme)
        host = try container.decode(String.self, forKey: .host)
        port = try container.decodeIfPresent(Int.self, forKey: .port)
        path = try container.decode(String.self, forKey: .path)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(scheme, forKey: .scheme)
        try container.encode(host, forKey: .host)
        try container.encodeIfPresent(port, forKey: .port)
        try container.encode(path, forKey: .path)
    }
}
