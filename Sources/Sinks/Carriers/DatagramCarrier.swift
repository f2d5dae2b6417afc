import Model
import NIOCore
import NIOPosix
import Records

/// Syslog over UDP (RFC 5426): a message a datagram, and nobody knows what becomes of it.
final class DatagramCarrier: SinkCarrier {
    /// The most that a datagram holds.
    private static let longest = 65_000

    private let sink: Sink
    private let messages: SyslogMessages
    private var channel: (any Channel, SocketAddress)?
    private var fields = RecordFields()

    init(_ sink: Sink) {
        self.sink = sink
        messages = SyslogMessages(sink.format)
    }

    func send(_ batch: RecordBatch) async -> SinkAnswer {
        var datagrams: [[UInt8]] = []
        var refused: [SinkAnswer.Refusal] = []
        batch.forEach(&fields) { place, record in
            var message = ByteLine(capacity: 1024)
            messages.append(record, to: &message)
            if message.count > Self.longest {
                refused.append(
                    .init(place: place, reason: "a message of \(message.count) bytes is too long for a datagram"))
            } else {
                datagrams.append(message.bytes)
            }
        }
        do {
            let (channel, address) = try await open()
            for datagram in datagrams.dropLast() {
                channel.write(
                    AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: datagram)), promise: nil)
            }
            if let last = datagrams.last {
                try await channel.writeAndFlush(
                    AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: last))
                ).get()
            }
        } catch {
            await close()
            return .later("\(error)")
        }
        return refused.isEmpty ? .taken : .mixed(refused: refused, again: [], reason: refused[0].reason)
    }

    private func open() async throws -> (any Channel, SocketAddress) {
        if let channel { return channel }
        let address = try SocketAddress.makeAddressResolvingHost(
            sink.address.host, port: sink.address.port ?? SyslogCarrier.port)
        let isIPv6 = if case .v6 = address { true } else { false }
        let made = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: isIPv6 ? "::" : "0.0.0.0", port: 0).get()
        channel = (made, address)
        return (made, address)
    }

    func close() async {
        try? await channel?.0.close().get()
        channel = nil
    }
}
