import Foundation
import Gzip
import Host
import Link
import NIOCore
import NIOHTTP1
import NIOPosix

/// A receiver that takes everything and says so, as fast as it can.
enum BenchReceiver {
    static let port = 28_514

    /// How many messages a stream's receiver has had; streams alone tell it, in a file.
    static func received(_ data: DataFolder) -> Int {
        let bytes = (try? DurableFile.read("/tmp/gatehouse-sink-bench.count")) ?? nil
        return bytes.flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 0
    }

    static func run(_ kind: String) throws {
        try DurableFile.replace("/tmp/gatehouse-sink-bench.count", with: Array("0".utf8))
        let channel = try ServerBootstrap(group: MultiThreadedEventLoopGroup(numberOfThreads: 1))
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 16)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    switch kind {
                    case "tcp": try channel.pipeline.syncOperations.addHandler(StreamHandler())
                    case "relp": try channel.pipeline.syncOperations.addHandler(RELPHandler())
                    default:
                        try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                        try channel.pipeline.syncOperations.addHandler(HTTPHandler())
                    }
                }
            }.bind(host: "127.0.0.1", port: port).wait()
        try channel.closeFuture.wait()
    }
}

/// Counts frames of RFC 6587 by the `>1 2` that each has once.
private final class StreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private static let mark = Array(">1 20".utf8)
    private var count = 0
    private var matched = 0

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        for byte in unwrapInboundIn(data).readableBytesView {
            if byte == Self.mark[matched] {
                matched += 1
                if matched == Self.mark.count { (matched, count) = (0, count + 1) }
            } else {
                matched = byte == Self.mark[0] ? 1 : 0
            }
        }
        let text = Array(String(count).utf8)
        try? DurableFile.overwrite("/tmp/gatehouse-sink-bench.count", with: text)
    }
}

/// Answers each frame of RELP.
private final class RELPHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private var bytes: [UInt8] = []

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytes += unwrapInboundIn(data).readableBytesView
        var (start, answers) = (0, [UInt8]())
        while let frame = parse(start) {
            answers += frame.answer
            start = frame.end
        }
        bytes.removeFirst(start)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: answers)), promise: nil)
    }

    private func parse(_ from: Int) -> (answer: [UInt8], end: Int)? {
        var place = from
        while place < bytes.count, bytes[place] == 10 { place += 1 }
        var words: [ArraySlice<UInt8>] = []
        while words.count < 3 {
            guard let end = bytes[place...].firstIndex(where: { $0 == 32 || $0 == 10 }) else { return nil }
            words.append(bytes[place..<end])
            place = bytes[end] == 32 ? end + 1 : end
        }
        guard let length = Int(String(decoding: words[2], as: UTF8.self)), place + length < bytes.count else {
            return nil
        }
        let isOpen = words[1].elementsEqual("open".utf8)
        let text = isOpen ? "200 OK\nrelp_version=0\nrelp_software=bench\ncommands=syslog" : "200 OK"
        return (Array(words[0]) + Array(" rsp \(text.utf8.count) \(text)\n".utf8), place + length)
    }
}

/// Answers `_bulk`, the event collector with its acknowledgement, and OTLP.
private final class HTTPHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart
    private var uri = ""
    private var body: [UInt8] = []

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): (uri, body) = (head.uri, [])
        case .body(let bytes): body += bytes.readableBytesView
        case .end:
            let text = answer()
            let headers: HTTPHeaders = ["content-length": String(text.utf8.count)]
            context.write(wrapOutboundOut(.head(.init(version: .http1_1, status: .ok, headers: headers))), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }

    private func answer() -> String {
        if uri.hasPrefix("/services/collector/ack") { return #"{"acks":{"1":true}}"# }
        if uri.hasPrefix("/services/collector") { return #"{"text":"Success","code":0,"ackId":1}"# }
        guard uri.hasSuffix("_bulk") else { return "" }
        let lines = ((try? decompress(body, limit: 64 << 20)) ?? []).count { $0 == 10 }
        let items = Array(repeating: #"{"create":{"status":201}}"#, count: lines / 2)
        return #"{"errors":false,"items":[\#(items.joined(separator: ","))]}"#
    }
}
