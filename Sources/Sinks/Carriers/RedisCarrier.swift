import Model
import NIOSSL
import Records

/// Redis streams: an entry a record, with its id, its kind and itself. Redis knows no repetitions: readers drop doubles by `id`.
final class RedisCarrier: SinkCarrier {
    private static let port = 6379

    private let sink: Sink
    private let mapping: any RecordMapping
    private let stream: String
    private let secret: SinkSecret?
    private let tls: TLSConfiguration?
    private var wire: Wire?
    private var came = LineStream()
    private var fields = RecordFields()

    init(_ sink: Sink) throws(SinkFault) {
        self.sink = sink
        mapping = (sink.format ?? .json).mapping
        stream = String(sink.address.path.drop { $0 == "/" })
        guard !stream.isEmpty else {
            throw SinkFault(.settings("url \(sink.address): no stream; write \(SinkKind.redis.example)"))
        }
        secret = SinkSecret(sink)
        tls = sink.address.scheme == "rediss" ? try HTTPPoster.tls(sink) : nil
    }

    var isConnected: Bool { wire?.isOpen ?? false }

    func send(_ batch: RecordBatch) async -> SinkAnswer {
        do throws(SinkFault) {
            let wire = try await session()
            var commands = ByteLine(capacity: batch.bytes.count * 2)
            var payload = ByteLine(capacity: 2048)
            var places: [Int] = []
            batch.forEach(&fields) { place, record in
                payload.removeAll()
                mapping.append(record, to: &payload)
                Self.append(
                    ["XADD", stream, "*", "id", record.id, "kind", record.sort.word.description, "record"],
                    payload.bytes,
                    to: &commands)
                places.append(place)
            }
            try await wire.write(commands.bytes)
            return try await answers(places, wire)
        } catch {
            await close()
            return error.answer
        }
    }

    private func session() async throws(SinkFault) -> Wire {
        if let wire, wire.isOpen { return wire }
        let made = try await Wire.connect(sink.address, port: Self.port, tls: tls)
        wire = made
        came = LineStream()
        if let secret {
            let text = try secret.read()
            var command = ByteLine(capacity: 256)
            Self.append(["AUTH"] + (sink.user.map { [$0] } ?? []), Array(text.utf8), to: &command)
            try await made.write(command.bytes)
            let line = try await came.line(made)
            guard line == "+OK" else { throw SinkFault(Self.fault(line) ?? .later("it answered \(line)")) }
        }
        return made
    }

    private func answers(_ places: [Int], _ wire: Wire) async throws(SinkFault) -> SinkAnswer {
        var refused: [SinkAnswer.Refusal] = []
        var again: [Int] = []
        var reason = ""
        var settings: String?
        for place in places {
            let line = try await came.line(wire)
            if line.hasPrefix("$"), let length = Int(line.dropFirst()), (0...256).contains(length) {
                _ = try await came.bytes(length + 2, wire)
                continue
            }
            reason = "it answered \(line)"
            switch Self.fault(line) {
            case .settings?: settings = reason
            case .later?: again.append(place)
            case .refused?: refused.append(.init(place: place, reason: reason))
            case .taken?, .mixed?, .tooLarge?, nil: throw SinkFault(.later(reason))
            }
        }
        if let settings { return .settings(settings) }
        return refused.isEmpty && again.isEmpty ? .taken : .mixed(refused: refused, again: again, reason: reason)
    }

    /// What an error of Redis amounts to; nil for what is none.
    private static func fault(_ line: String) -> SinkAnswer? {
        guard line.hasPrefix("-") else { return nil }
        let word = line.dropFirst().prefix { $0 != " " }
        switch word {
        case "NOAUTH", "WRONGPASS", "NOPERM", "WRONGTYPE", "READONLY": return .settings("it answered \(line)")
        case "OOM", "LOADING", "BUSY", "MASTERDOWN", "TRYAGAIN", "CLUSTERDOWN", "MISCONF", "NOREPLICAS":
            return .later("it answered \(line)")
        default: return .refused("it answered \(line)")
        }
    }

    private static func append(_ words: [String], _ last: [UInt8], to commands: inout ByteLine) {
        commands.append("*\(words.count + 1)\r\n")
        for word in words { commands.append("$\(word.utf8.count)\r\n\(word)\r\n") }
        commands.append("$\(last.count)\r\n")
        commands.append(last)
        commands.append("\r\n")
    }

    func close() async {
        await wire?.close()
        wire = nil
    }
}
