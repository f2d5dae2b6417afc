import Host
import HummingbirdCore
import Logging
import Model
import NIOCore
import NIOSSL

/// A caller's connection: counted, and with the certificate that is in place when it begins.
struct GuardedChannel: ServerChildChannel {
    typealias Value = HTTP1Channel.Value

    /// nil where plain HTTP is spoken.
    private let tls: ServerTLS?
    private let base: HTTP1Channel
    private let connections: Connections

    init(tls: ServerTLS?, connections: Connections, responder: @escaping HTTPChannelHandler.Responder) {
        self.tls = tls
        self.connections = connections
        base = HTTP1Channel(
            responder: responder,
            configuration: .init(
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: Limit.header.bound, maxHeaderListSize: Limit.headers.bound,
                    maxHeaderFieldCount: Limit.headerCount.bound)))
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let isAdmitted = connections.admit(channel, at: SystemClock.monotonic)
        return channel.eventLoop.makeCompletedFuture {
            if let tls, isAdmitted {
                try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls.context))
            }
        }.flatMap {
            // Closed when it is set up: a connection that fails before ends the listening with it.
            if !isAdmitted { channel.eventLoop.execute { channel.close(promise: nil) } }
            return base.setup(channel: channel, logger: logger)
        }
    }

    func handle(value: Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}
