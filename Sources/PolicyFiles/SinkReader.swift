import Documents
import Filter
import Model

/// Reads the sinks.
struct SinkReader {
    private static let keys =
        ["name", "kind", "url", "send", "where", "format", "rate", "token_file"] + SinkSetting.allCases.map(\.rawValue)

    func read(_ list: FileValue) -> [Sink] {
        var names = NameRegister(kind: "sink")
        return list.elements(of: "sinks").compactMap { value in
            guard let fields = value.fields(Self.keys) else { return nil }
            let name = names.read(fields)
            if name.utf8.first == UInt8(ascii: "_") || name.contains("/") {
                fields["name"]?.report(
                    "sink name \"\(name)\" begins with \"_\"", mend: "begin it with a letter or digit")
            }
            let kind = fields.required("kind", "syslog").flatMap(readKind)
            let url = fields.required("url", "\"\((kind ?? .syslog).example)\"")
            let sources = fields.required("send", "[events, audit]").map(readSources) ?? []
            let filter = fields["where"].flatMap { readFilter($0, sources) }
            let rate = fields["rate"].flatMap(readRate)
            guard let kind else { return nil }
            let format = readFormat(fields["format"], kind)
            guard let url, let address = readAddress(url, kind) else { return nil }
            var sink = Sink(
                name: name, kind: kind, address: address, sources: sources, filter: filter, format: format)
            sink.rate = rate
            readSettings(fields, into: &sink)
            return sink
        }
    }

    private func readKind(_ value: FileValue) -> SinkKind? {
        word(value, "kind", SinkKind.allCases.map(\.rawValue)).flatMap(SinkKind.init)
    }

    private func readAddress(_ value: FileValue, _ kind: SinkKind) -> SinkAddress? {
        guard let text = value.text("\"\(kind.example)\"") else { return nil }
        do throws(SinkAddress.Fault) {
            return try SinkAddress(text, of: kind)
        } catch {
            value.report(error.message, mend: error.mend)
            return nil
        }
    }

    private func readSources(_ list: FileValue) -> [SinkSource] {
        let known = SinkSource.allCases.map(\.rawValue)
        var sources: [SinkSource] = []
        let elements = list.elements(of: known.joined(separator: ", "))
        if list.isList, elements.isEmpty { list.report("the list is empty", mend: "write [events]") }
        for value in elements {
            guard let source = word(value, "source", known).flatMap(SinkSource.init) else { continue }
            if sources.contains(source) {
                value.report("source \"\(source.rawValue)\" stands twice", mend: "remove one of them")
            } else {
                sources.append(source)
            }
        }
        return sources
    }

    /// The filter's text, once it is known to be one.
    private func readFilter(_ value: FileValue, _ sources: [SinkSource]) -> String? {
        guard let text = value.text("a filter, as \"action = drop\"") else { return nil }
        do throws(FilterError) {
            _ = try FilterExpression(parsing: text, FilterContext(now: Timestamp(nanoseconds: 0)))
        } catch {
            value.report(
                "\"\(text.prefix(120))\" is no filter: at character \(error.position + 1): \(error.reason)",
                mend: "write a filter as `gatehouse flows` takes it, as \"action = drop\"")
            return nil
        }
        if !sources.isEmpty, !sources.contains(where: { $0 == .events || $0 == .flows }) {
            value.report("where chooses among events and flows, and send names neither", mend: "leave it out")
        }
        return text
    }

    private func readFormat(_ value: FileValue?, _ kind: SinkKind) -> SinkFormat? {
        let names = kind.formats.map(\.rawValue)
        guard let value else { return kind.formats.first }
        guard !names.isEmpty else {
            value.report("kind \(kind.rawValue) has a form of its own", mend: "leave format out")
            return nil
        }
        return word(value, "format", names).flatMap(SinkFormat.init)
    }

    private func readRate(_ value: FileValue) -> Int? {
        guard let text = value.text("records a second") else { return nil }
        guard let rate = Int(text), Sink.rates.contains(rate) else {
            value.report(
                "rate \"\(text.prefix(40))\" is not \(Sink.rates.lowerBound) to \(Sink.rates.upperBound) records a second",
                mend: "write a whole number, as 5000")
            return nil
        }
        return rate
    }

    // MARK: Settings of some kinds

    private func readSettings(_ fields: FileFields, into sink: inout Sink) {
        for setting in SinkSetting.allCases {
            var value = fields[setting.rawValue]
            if setting == .secretFile, let token = fields["token_file"] {
                if value != nil { token.report("both secret_file and token_file are given", mend: "keep one of them") }
                value = token
            }
            guard let value else {
                if sink.kind.needs.contains(setting) {
                    fields.owner.report(
                        "key \"\(setting.rawValue)\" is missing",
                        mend: "kind \(sink.kind.rawValue) needs it: write \(setting.rawValue): \(example(setting))")
                }
                continue
            }
            guard sink.kind.settings.contains(setting) else {
                let known = sink.kind.settings.map(\.rawValue).sorted().joined(separator: ", ")
                value.report(
                    "kind \(sink.kind.rawValue) has no \(setting.rawValue)",
                    mend: known.isEmpty ? "leave it out" : "leave it out; it has \(known)")
                continue
            }
            read(setting, value, into: &sink)
        }
        if sink.user != nil, sink.secretFile == nil {
            fields["user"]?.report("a user without a secret", mend: "write secret_file: /etc/gatehouse/sink.secret")
        }
    }

    private func read(_ setting: SinkSetting, _ value: FileValue, into sink: inout Sink) {
        switch setting {
        case .framing:
            sink.framing = word(value, "framing", Sink.Framing.allCases.map(\.rawValue)).flatMap(Sink.Framing.init)
        case .compress:
            sink.compression = word(value, "compress", Sink.Compression.allCases.map(\.rawValue)).flatMap(
                Sink.Compression.init)
        case .encoding:
            sink.encoding = word(value, "encoding", Sink.Encoding.allCases.map(\.rawValue)).flatMap(Sink.Encoding.init)
        case .acknowledges: sink.acknowledges = value.flag()
        case .caFile: sink.authorityFile = path(value)
        case .secretFile: sink.secretFile = path(value)
        case .user: sink.user = plain(value, "user")
        case .index: sink.index = plain(value, "index")
        case .tenant: sink.tenant = plain(value, "tenant")
        case .topic:
            guard let text = plain(value, "topic") else { return }
            guard Identifier<Sink>(text) != nil else {
                value.report("topic \"\(text)\" is no topic's id", mend: "write the topic's UUID")
                return
            }
            sink.topic = text
        }
    }

    private func example(_ setting: SinkSetting) -> String {
        switch setting {
        case .framing: "octets"
        case .caFile: "/etc/gatehouse/ca.pem"
        case .secretFile: "/etc/gatehouse/sink.secret"
        case .user: "gatehouse"
        case .compress: "gzip"
        case .index: "gatehouse"
        case .acknowledges: "true"
        case .encoding: "protobuf"
        case .tenant: "security"
        case .topic: "11111111-2222-4333-8444-555555555555"
        }
    }

    private func path(_ value: FileValue) -> String? {
        guard let text = value.text("a file's path") else { return nil }
        guard text.hasPrefix("/"), !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else {
            value.report("\"\(text.prefix(80))\" is no absolute path", mend: "write the whole path, from / on")
            return nil
        }
        return text
    }

    /// A word that may stand in a header: printable ASCII without blanks.
    private func plain(_ value: FileValue, _ what: String) -> String? {
        guard let text = value.text("a \(what)") else { return nil }
        guard text.utf8.count <= 128, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            value.report(
                "\(what) \"\(text.prefix(40))\" has other than 1 to 128 printable characters of ASCII",
                mend: "write it without blanks")
            return nil
        }
        return text
    }

    private func word(_ value: FileValue, _ what: String, _ words: [String]) -> String? {
        guard let text = value.text(words.joined(separator: " or ")) else { return nil }
        if words.contains(text) { return text }
        value.report(
            "\(what) \"\(text.prefix(40))\" is none of \(words.joined(separator: ", "))",
            mend: Suggestion.mend(text, among: words, none: "leave it out"))
        return nil
    }
}
