import Model
import NIOSSL
import Records

/// Syslog over RELP, the reliable event logging protocol: the receiver answers each message by its number.
///
/// A frame is `NUMBER COMMAND LENGTH[ DATA]` and a line feed, both ways; an answer's data begins with a code, 200 for what is taken.
final class RELPCarrier: SinkCarrier {
    private static let lastNumber = 999_999_999

    private let sink: Sink
    private let messages: SyslogMessages
    private let tls: TLSConfiguration?
    private var wire: Wire?
    private var number = 0
    private var came = FrameReader()
    private var fields = RecordFields()

    init(_ sink: Sink) throws(SinkFault) {
        self.sink = sink
        messages = SyslogMessages(sink.format)
        tls = sink.address.scheme == "relp+tls" ? try HTTPPoster.tls(sink) : nil
    }

    var isConnected: Bool { wire?.isOpen ?? false }

    func send(_ batch: RecordBatch) async -> SinkAnswer {
        do throws(SinkFault) {
            let wire = try await session()
            var frames = ByteLine(capacity: batch.bytes.count * 2)
            var message = ByteLine(capacity: 2048)
            var places: [Int: Int] = [:]
            places.reserveCapacity(batch.lines.count)
            batch.forEach(&fields) { place, record in
                message.removeAll()
                messages.append(record, to: &message)
                append("syslog", message.bytes, to: &frames)
                places[number] = place
            }
            try await wire.write(frames.bytes)
            return try await answers(for: places, on: wire)
        } catch {
            await drop()
            return error.answer
        }
    }

    /// An open session, made where there is none.
    private func session() async throws(SinkFault) -> Wire {
        if let wire, wire.isOpen { return wire }
        let made = try await Wire.connect(sink.address, port: SyslogCarrier.relpPort, tls: tls)
        wire = made
        number = 0
        came = FrameReader()
        var frame = ByteLine(capacity: 128)
        append(
            "open",
            Array("relp_version=0\nrelp_software=gatehouse,1.0,https://gatehouse.invalid\ncommands=syslog".utf8),
            to: &frame)
        try await made.write(frame.bytes)
        while true {
            guard let answer = try await came.next(made) else { continue }
            guard answer.command == "rsp", answer.number == number else {
                throw SinkFault(.later("it answered \(answer.command) where an answer to open is wanted"))
            }
            guard answer.code == 200 else { throw SinkFault(.settings("it refused the session: \(answer.words)")) }
            guard answer.words.contains("syslog") else {
                throw SinkFault(.settings("it does not offer the command syslog: \(answer.words)"))
            }
            return made
        }
    }

    private func answers(for places: [Int: Int], on wire: Wire) async throws(SinkFault) -> SinkAnswer {
        var open = places
        var refused: [SinkAnswer.Refusal] = []
        while !open.isEmpty {
            guard let answer = try await came.next(wire) else { continue }
            if answer.command == "serverclose" { throw SinkFault(.later("it closed the session")) }
            guard answer.command == "rsp", let place = open.removeValue(forKey: answer.number) else { continue }
            if answer.code != 200 { refused.append(.init(place: place, reason: "it answered \(answer.words)")) }
        }
        return refused.isEmpty ? .taken : .mixed(refused: refused, again: [], reason: refused[0].reason)
    }

    private func append(_ command: String, _ data: [UInt8], to frames: inout ByteLine) {
        number = number == Self.lastNumber ? 1 : number + 1
        frames.append(decimal: number)
        frames.append(UInt8(ascii: " "))
        frames.append(command)
        frames.append(UInt8(ascii: " "))
        frames.append(decimal: data.count)
        if !data.isEmpty {
            frames.append(UInt8(ascii: " "))
            frames.append(data)
        }
        frames.append(UInt8(ascii: "\n"))
    }

    private func drop() async {
        await wire?.close()
        wire = nil
    }

    func close() async {
        if let wire, wire.isOpen {
            var frame = ByteLine(capacity: 32)
            append("close", [], to: &frame)
            // Whoever does not answer it has answered all messages.
            try? await wire.write(frame.bytes)
        }
        await drop()
    }

    /// Reads frames from a stream.
    private struct FrameReader {
        struct Frame {
            let number: Int
            let command: String
            let data: ArraySlice<UInt8>

            var code: Int { Int(String(decoding: data.prefix { $0 != 0x20 && $0 != 0x0a }, as: UTF8.self)) ?? 0 }
            var words: String { String(decoding: data.prefix(300), as: UTF8.self) }
        }

        private var bytes: [UInt8] = []
        private var start = 0

        /// The next whole frame; nil where more had to be read, and was.
        mutating func next(_ wire: Wire) async throws(SinkFault) -> Frame? {
            if let frame = try parse() { return frame }
            bytes.removeFirst(start)
            start = 0
            bytes += try await wire.read()
            return nil
        }

        private mutating func parse() throws(SinkFault) -> Frame? {
            var place = start
            while place < bytes.count, bytes[place] == 0x0a { place += 1 }
            var words: [ArraySlice<UInt8>] = []
            while words.count < 3 {
                guard let end = bytes[place...].firstIndex(where: { $0 == 0x20 || $0 == 0x0a }) else {
                    guard bytes.count - place < 64 else { throw SinkFault(.later("it answers what is no RELP")) }
                    return nil
                }
                words.append(bytes[place..<end])
                place = end
                if bytes[end] == 0x20 {
                    place += 1
                } else if words.count < 3 {
                    throw SinkFault(.later("it answers what is no RELP"))
                }
            }
            guard let number = Int(String(decoding: words[0], as: UTF8.self)),
                let length = Int(String(decoding: words[2], as: UTF8.self)), length >= 0,
                length <= Limit.receiverAnswer.bound
            else { throw SinkFault(.later("it answers what is no RELP")) }
            guard bytes.count >= place + length + (length == 0 ? 0 : 1) else { return nil }
            let data = bytes[place..<(place + length)]
            start = place + length
            return Frame(number: number, command: String(decoding: words[1], as: UTF8.self), data: data)
        }
    }
}
