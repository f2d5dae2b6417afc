import Model
import NIOCore
import NIOPosix
import NIOSSL

/// A byte stream to a receiver, over TCP or TLS: written and read by one task, each within a time.
final class Wire: Sendable {
    /// How long a write or an answer may take.
    static let patience = TimeAmount.seconds(30)

    private let channel: any Channel
    private let reader: NIOLoopBound<WireReader>

    private init(_ channel: any Channel, _ reader: NIOLoopBound<WireReader>) {
        (self.channel, self.reader) = (channel, reader)
    }

    /// * `port`: for a URL without one.
    /// * `tls`: nil for bare TCP.
    static func connect(_ address: SinkAddress, port: Int, tls: TLSConfiguration?) async throws(SinkFault) -> Wire {
        do {
            let context = try tls.map { try NIOSSLContext(configuration: $0) }
            let host = address.host
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.seconds(10))
                .channelOption(.socketOption(.so_keepalive), value: 1)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        if let context {
                            // A name is told to the server; an address cannot be, and is checked all the same.
                            let isAddress = IPAddress(host) != nil
                            try channel.pipeline.syncOperations.addHandler(
                                try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host))
                        }
                        try channel.pipeline.syncOperations.addHandler(WireReader())
                    }
                }
                .connect(host: host, port: address.port ?? port).get()
            let reader = try await channel.eventLoop.submit {
                NIOLoopBound(
                    try channel.pipeline.syncOperations.handler(type: WireReader.self), eventLoop: channel.eventLoop)
            }.get()
            return Wire(channel, reader)
        } catch {
            throw SinkFault(HTTPPoster.fault(error))
        }
    }

    var isOpen: Bool { channel.isActive }

    /// Returns when the bytes are the system's; a receiver that takes none for too long loses the connection.
    func write(_ bytes: [UInt8]) async throws(SinkFault) {
        let channel = channel
        let timer = channel.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
        defer { timer.cancel() }
        do {
            try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
        } catch {
            throw SinkFault(HTTPPoster.fault(error))
        }
    }

    /// The bytes that came, at least one; an error where the stream ended or nothing comes in time.
    func read() async throws(SinkFault) -> [UInt8] {
        let (channel, reader) = (channel, reader)
        let timer = channel.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
        defer { timer.cancel() }
        do {
            return try await channel.eventLoop.flatSubmit { reader.value.next(channel.eventLoop) }.get()
        } catch {
            throw SinkFault(HTTPPoster.fault(error))
        }
    }

    func close() async { try? await channel.close().get() }
}

/// Keeps what came until it is asked for. It lives on its channel's loop.
private final class WireReader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    struct Ended: Error, CustomStringConvertible {
        let description = "it closed the connection"
    }

    /// A receiver that answers so much unasked loses its connection.
    private static let mostBytes = 16 << 20

    private var waiting: EventLoopPromise<[UInt8]>?
    private var bytes: [UInt8] = []
    private var fault: (any Error)?

    func next(_ loop: any EventLoop) -> EventLoopFuture<[UInt8]> {
        if !bytes.isEmpty {
            defer { bytes = [] }
            return loop.makeSucceededFuture(bytes)
        }
        if let fault { return loop.makeFailedFuture(fault) }
        let promise = loop.makePromise(of: [UInt8].self)
        waiting = promise
        return promise.futureResult
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytes += unwrapInboundIn(data).readableBytesView
        if bytes.count > Self.mostBytes { context.close(promise: nil) }
        guard let promise = waiting else { return }
        waiting = nil
        promise.succeed(bytes)
        bytes = []
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(Ended())
        context.fireChannelInactive()
    }

    private func end(_ error: any Error) {
        fault = fault ?? error
        waiting?.fail(error)
        waiting = nil
    }
}
