/// One rule of an oslo.policy file: `role:admin or (role:member and project_id:%(project_id)s)`.
///
/// Grammar: `or`, `and`, `not` and parentheses over the checks `rule:NAME`, `role:NAME`, `project_id:%(KEY)s`,
/// `tenant_id:%(KEY)s`, `user_id:%(KEY)s`, `is_admin:True`, `@` (always) and `!` (never). An empty text is always. KEY
/// `network:project_id` (or `network:tenant_id`) is the network's owner; of the checks `field:…` those two are known that
/// Neutron's own policy has, `field:networks:shared=True` and `field:port:device_owner=~^network:`.
package indirect enum AccessRule: Hashable, Sendable {
    case always
    case never
    case role(String)
    case rule(String)
    case ownProject
    case ownUser
    /// The network of the object is the caller's project's.
    case ownNetwork
    /// It is for all projects.
    case sharedNetwork
    /// The object is a port of the network's own: a router's, a DHCP server's.
    case networkDevice
    case not(AccessRule)
    case all([AccessRule])
    case any([AccessRule])

    /// Why a text is not a rule.
    struct ParseError: Error, CustomStringConvertible {
        let description: String
    }

    init(parsing text: String) throws(ParseError) {
        let spaced = text.replacing("(", with: " ( ").replacing(")", with: " ) ").replacing("% ( ", with: "%(")
            .replacing(" ) s", with: ")s")
        var words = spaced.split(whereSeparator: \.isWhitespace).map(String.init)[...]
        guard !words.isEmpty else {
            self = .always
            return
        }
        self = try Self.alternatives(&words)
        if let left = words.first { throw ParseError(description: "\"\(text)\": unexpected \"\(left)\"") }
    }

    private static func alternatives(_ words: inout ArraySlice<String>) throws(ParseError) -> AccessRule {
        var parts = [try conjunction(&words)]
        while words.first?.lowercased() == "or" {
            words.removeFirst()
            parts.append(try conjunction(&words))
        }
        return parts.count == 1 ? parts[0] : .any(parts)
    }

    private static func conjunction(_ words: inout ArraySlice<String>) throws(ParseError) -> AccessRule {
        var parts = [try term(&words)]
        while words.first?.lowercased() == "and" {
            words.removeFirst()
            parts.append(try term(&words))
        }
        return parts.count == 1 ? parts[0] : .all(parts)
    }

    private static func term(_ words: inout ArraySlice<String>) throws(ParseError) -> AccessRule {
        guard let word = words.popFirst() else { throw ParseError(description: "a rule ends too early") }
        switch word.lowercased() {
        case "not": return .not(try term(&words))
        case "(":
            let inner = try alternatives(&words)
            guard words.popFirst() == ")" else { throw ParseError(description: "a parenthesis is not closed") }
            return inner
        case "@": return .always
        case "!": return .never
        case "is_admin:true", "is_admin:1": return .role("admin")
        default: return try check(word)
        }
    }

    private static func check(_ word: String) throws(ParseError) -> AccessRule {
        let parts = word.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2 else {
            throw ParseError(description: "\"\(word)\" is no check; write role:NAME, rule:NAME, @ or !")
        }
        switch parts[0] {
        case "role": return .role(parts[1].lowercased())
        case "rule": return .rule(parts[1])
        case "project_id", "tenant_id": return parts[1].hasPrefix("%(network:") ? .ownNetwork : .ownProject
        case "field" where parts[1] == "networks:shared=True": return .sharedNetwork
        case "field" where parts[1] == "port:device_owner=~^network:": return .networkDevice
        case "user_id": return .ownUser
        default:
            throw ParseError(
                description: "\"\(word)\": unknown check \"\(parts[0])\"; known are role, rule, project_id, user_id")
        }
    }
}
