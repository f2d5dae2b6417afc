import Model
import NIOSSL
import Records

enum SyslogCarrier {
    static let port = 514
    static let securePort = 6514
    static let relpPort = 2514

    static func make(_ sink: Sink) throws(SinkFault) -> any SinkCarrier {
        switch sink.address.scheme {
        case "udp": DatagramCarrier(sink)
        case "relp", "relp+tls": try RELPCarrier(sink)
        default: try SyslogStreamCarrier(sink)
        }
    }
}

/// Syslog over TCP (RFC 6587) or TLS (RFC 5425). The receiver says of no message that it has it.
final class SyslogStreamCarrier: SinkCarrier {
    let isAcknowledged = false

    private let sink: Sink
    private let messages: SyslogMessages
    private let isCounted: Bool
    private let connect: () async throws(SinkFault) -> Wire
    private var wire: Wire?
    private var fields = RecordFields()

    init(_ sink: Sink) throws(SinkFault) {
        self.sink = sink
        messages = SyslogMessages(sink.format)
        let isSecure = sink.address.scheme == "tls"
        isCounted = sink.framing.map { $0 == .octets } ?? true
        let tls = isSecure ? try HTTPPoster.tls(sink) : nil
        connect = { () async throws(SinkFault) -> Wire in
            try await Wire.connect(
                sink.address, port: isSecure ? SyslogCarrier.securePort : SyslogCarrier.port, tls: tls)
        }
    }

    var isConnected: Bool { wire?.isOpen ?? false }

    func send(_ batch: RecordBatch) async -> SinkAnswer {
        var frames = ByteLine(capacity: batch.bytes.count * 2)
        var message = ByteLine(capacity: 2048)
        batch.forEach(&fields) { _, record in
            message.removeAll()
            messages.append(record, to: &message)
            if isCounted {
                frames.append(decimal: message.count)
                frames.append(UInt8(ascii: " "))
                frames.append(message.bytes)
            } else {
                frames.append(message.bytes)
                frames.append(UInt8(ascii: "\n"))
            }
        }
        do throws(SinkFault) {
            if wire?.isOpen == false {
                // What was sent last on it may not have been read.
                await close()
                return .later("it closed the connection")
            }
            let wire = if let wire { wire } else { try await connect() }
            self.wire = wire
            try await wire.write(frames.bytes)
            return .taken
        } catch {
            await close()
            return error.answer
        }
    }

    func close() async {
        await wire?.close()
        wire = nil
    }
}
