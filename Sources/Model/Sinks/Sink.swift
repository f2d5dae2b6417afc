/// Where a host ships what it records, and how.
package struct Sink: Hashable, Sendable, Codable {
    /// How messages are told apart on a syslog stream.
    package enum Framing: String, Hashable, Sendable, Codable, CaseIterable {
        /// The length before each message (RFC 6587, octet counting).
        case octets
        /// A line feed behind each message, and none within.
        case lines
    }

    package enum Compression: String, Hashable, Sendable, Codable, CaseIterable {
        case gzip
        case none
    }

    package enum Encoding: String, Hashable, Sendable, Codable, CaseIterable {
        case protobuf
        case json
    }

    /// Records a second that a sink may send.
    package static let rates = 1...1_000_000

    /// Unique in the policy; the cursor and the dead letters are files of this name.
    package let name: String
    package let kind: SinkKind
    package let address: SinkAddress
    /// In the order of the file; at least one.
    package let sources: [SinkSource]
    /// An expression of the filter language that events and flows must meet; nil takes all.
    package let filter: String?
    /// nil where the kind has a form of its own.
    package let format: SinkFormat?
    /// nil for no bound.
    package var rate: Int?
    package var framing: Framing?
    package var compression: Compression?
    package var encoding: Encoding?
    /// A file with a token, password or key that nobody but its owner may read. The secret itself is in no policy.
    package var secretFile: String?
    package var user: String?
    /// PEM file of the authorities that are trusted instead of the system's.
    package var authorityFile: String?
    package var index: String?
    package var topic: String?
    package var tenant: String?
    /// Whether a Splunk sink waits for its indexers; nil does.
    package var acknowledges: Bool?

    package init(
        name: String, kind: SinkKind, address: SinkAddress, sources: [SinkSource], filter: String? = nil,
        format: SinkFormat? = nil
    ) {
        self.name = name
        self.kind = kind
        self.address = address
        self.sources = sources
        self.filter = filter
        self.format = format
    }

    /// Settings that are given, with their texts as the policy file has them.
    package var settings: [(setting: SinkSetting, text: String)] {
        SinkSetting.allCases.compactMap { setting in
            let text: String? =
                switch setting {
                case .framing: framing?.rawValue
                case .caFile: authorityFile
                case .secretFile: secretFile
                case .user: user
                case .compress: compression?.rawValue
                case .index: index
                case .acknowledges: acknowledges.map { $0 ? "true" : "false" }
                case .encoding: encoding?.rawValue
                case .tenant: tenant
                case .topic: topic
                }
            return text.map { (setting, $0) }
        }
    }
}

extension Sink: CustomStringConvertible {
    /// `syslog to relp://10.0.0.9:2514 of events, audit, format cef, where action = drop`.
    package var description: String {
        var text = "\(kind.rawValue) to \(address) of \(sources.map(\.rawValue).joined(separator: ", "))"
        if let format { text += ", format \(format.rawValue)" }
        if let filter { text += ", where \(filter)" }
        if let rate { text += ", \(rate) a second" }
        for (setting, value) in settings { text += ", \(setting.rawValue) \(value)" }
        return text
    }
}
