import Gzip
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A receiver of POST requests on loopback that answers as a test says, and keeps what it was sent.
final class HTTPReceiver: Sendable {
    struct Request: Sendable {
        let path: String
        let headers: [String: String]
        /// Inflated where it came compressed.
        let body: [UInt8]
        /// As it came.
        let sent: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
        var lines: [String] { text.split(separator: "\n").map(String.init) }
    }

    struct Answer: Sendable {
        var status = 200
        var headers: [(String, String)] = []
        var body = ""
        /// Closes the connection in the place of an answer.
        var isLost = false
    }

    private let channel: any Channel
    private let kept: Box

    private final class Box: Sendable {
        let requests = Mutex<[Request]>([])
        let answer: @Sendable (Request, Int) -> Answer
        init(_ answer: @escaping @Sendable (Request, Int) -> Answer) { self.answer = answer }
    }

    /// * `answer`: what a request gets; its number counts from 0.
    init(_ answer: @escaping @Sendable (Request, Int) -> Answer) throws {
        let box = Box(answer)
        kept = box
        channel = try ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(box))
                }
            }.bind(host: "127.0.0.1", port: 0).wait()
    }

    var port: Int { channel.localAddress?.port ?? 0 }
    var url: String { "http://127.0.0.1:\(port)" }
    var requests: [Request] { kept.requests.withLock { $0 } }

    func close() async throws { try await channel.close().get() }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let box: Box
        private var head: HTTPRequestHead?
        private var body: [UInt8] = []

        init(_ box: Box) { self.box = box }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): (self.head, body) = (head, [])
            case .body(let bytes): body += bytes.readableBytesView
            case .end: answer(context)
            }
        }

        private func answer(_ context: ChannelHandlerContext) {
            guard let head else { return }
            let headers = Dictionary(head.headers.map { ($0.name.lowercased(), $0.value) }) { first, _ in first }
            let isPacked = headers["content-encoding"] == "gzip"
            let plain = isPacked ? (try? decompress(body, limit: 64 << 20)) ?? [] : body
            let request = Request(path: head.uri, headers: headers, body: plain, sent: body)
            let number = box.requests.withLock { requests in
                requests.append(request)
                return requests.count - 1
            }
            let answer = box.answer(request, number)
            if answer.isLost { return context.close(promise: nil) }
            var fields = HTTPHeaders(answer.headers)
            fields.add(name: "content-length", value: String(answer.body.utf8.count))
            let response = HTTPResponseHead(
                version: .http1_1, status: .init(statusCode: answer.status), headers: fields)
            context.write(wrapOutboundOut(.head(response)), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: answer.body)))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}
