import Foundation
import Model
import NIOSSL
import Records

/// NATS JetStream: a message a record on one subject, each acknowledged by its stream.
///
/// `Nats-Msg-Id` is the record's id: within its window a stream keeps a repetition once. What has no stream behind its subject is a fault of
/// the settings.
final class NATSCarrier: SinkCarrier {
    private static let port = 4222

    private struct Acknowledgement: Decodable {
        struct Fault: Decodable {
            let code: Int?
            let description: String?
        }

        let stream: String?
        let error: Fault?
    }

    private let sink: Sink
    private let mapping: any RecordMapping
    private let subject: String
    private let secret: SinkSecret?
    private let tls: TLSConfiguration?
    private let inbox = "_INBOX.\(UUID().uuidString.lowercased().filter { $0 != "-" })"
    private var wire: Wire?
    private var came = LineStream()
    private var fields = RecordFields()

    init(_ sink: Sink) throws(SinkFault) {
        self.sink = sink
        mapping = (sink.format ?? .json).mapping
        subject = String(sink.address.path.drop { $0 == "/" })
        guard !subject.isEmpty, !subject.contains(where: { " *>\t?".contains($0) }) else {
            throw SinkFault(.settings("url \(sink.address): no subject; write \(SinkKind.nats.example)"))
        }
        secret = SinkSecret(sink)
        tls = sink.address.scheme == "tls" ? try HTTPPoster.tls(sink) : nil
    }

    var isConnected: Bool { wire?.isOpen ?? false }

    func send(_ batch: RecordBatch) async -> SinkAnswer {
        do throws(SinkFault) {
            let wire = try await session()
            var frames = ByteLine(capacity: batch.bytes.count * 2)
            var payload = ByteLine(capacity: 2048)
            var open: Set<Int> = []
            batch.forEach(&fields) { place, record in
                payload.removeAll()
                mapping.append(record, to: &payload)
                let head = "NATS/1.0\r\nNats-Msg-Id: \(record.id.filter { !$0.isNewline })\r\n\r\n"
                frames.append(
                    "HPUB \(subject) \(inbox).\(place) \(head.utf8.count) \(head.utf8.count + payload.count)\r\n\(head)"
                )
                frames.append(payload.bytes)
                frames.append("\r\n")
                open.insert(place)
            }
            try await wire.write(frames.bytes)
            return try await answers(open, wire)
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
        guard try await came.line(made).hasPrefix("INFO ") else { throw SinkFault(.later("it is no NATS server")) }
        var options: [String: Any] = [
            "verbose": false, "pedantic": false, "headers": true, "no_responders": true, "name": "gatehouse",
            "lang": "swift", "version": "1.0", "protocol": 1,
        ]
        if let secret {
            let text = try secret.read()
            if let user = sink.user {
                (options["user"], options["pass"]) = (user, text)
            } else {
                options["auth_token"] = text
            }
        }
        let json: Data
        do {
            json = try JSONSerialization.data(withJSONObject: options)
        } catch {
            throw SinkFault(.settings("\(error)"))
        }
        try await made.write(Array("CONNECT ".utf8) + json + Array("\r\nSUB \(inbox).* 1\r\nPING\r\n".utf8))
        while true {
            let line = try await came.line(made)
            if line == "PONG" { return made }
            try fault(line)
        }
    }

    private func fault(_ line: String) throws(SinkFault) {
        guard line.hasPrefix("-ERR") else { return }
        let isOfRights =
            line.contains("Authorization") || line.contains("Authentication") || line.contains("Permissions")
        throw SinkFault(isOfRights ? .settings("it answered \(line)") : .later("it answered \(line)"))
    }

    private func answers(_ places: Set<Int>, _ wire: Wire) async throws(SinkFault) -> SinkAnswer {
        var open = places
        var refused: [SinkAnswer.Refusal] = []
        while !open.isEmpty {
            let line = try await came.line(wire)
            try fault(line)
            if line == "PING" {
                try await wire.write(Array("PONG\r\n".utf8))
                continue
            }
            let words = line.split(separator: " ")
            guard let kind = words.first, kind == "MSG" || kind == "HMSG", words.count >= 4,
                let length = words.last.flatMap({ Int($0) }), length <= Limit.receiverAnswer.bound,
                let place = words[1].split(separator: ".").last.flatMap({ Int($0) })
            else { continue }
            let payload = try await came.bytes(length + 2, wire)
            if kind == "HMSG" {
                throw SinkFault(.settings("no stream takes subject \(subject): make one, or name another"))
            }
            open.remove(place)
            guard let said = try? JSONDecoder().decode(Acknowledgement.self, from: Data(payload)) else {
                throw SinkFault(.later("it answered no acknowledgement"))
            }
            guard let error = said.error else { continue }
            let words503 = "it answered \(error.code ?? 0) \(error.description ?? "")"
            switch error.code ?? 0 {
            case 503, 500: throw SinkFault(.later(words503))
            case 401, 403, 404: throw SinkFault(.settings(words503))
            default: refused.append(.init(place: place, reason: words503))
            }
        }
        return refused.isEmpty ? .taken : .mixed(refused: refused, again: [], reason: refused[0].reason)
    }

    func close() async {
        await wire?.close()
        wire = nil
    }
}
