import HTTPTypes
import Hummingbird
import NIOCore
import NIOSSL
import Registry
import Service

/// Turns Hummingbird's requests into calls, and answers into its responses.
struct HTTPAdapter: HTTPResponder {
    struct Context: RequestContext {
        var coreContext: CoreRequestContextStorage
        let channel: any Channel

        init(source: ApplicationRequestContextSource) {
            coreContext = .init(source: source)
            channel = source.channel
        }
    }

    let door: FrontDoor
    let settings: ServerSettings
    let hosts: HostService

    func respond(to request: Request, context: Context) async throws -> Response {
        let requestID = "req-\(Change.newID())"
        let address = context.channel.remoteAddress
        let path = QueryText.parts(request.uri.path)
        let query = QueryText.pairs(request.uri.query ?? "")
        var call = Call(
            method: request.method, path: path ?? request.uri.path.split(separator: "/").map(String.init),
            query: query ?? [], headers: request.headers, source: address?.ipAddress ?? "local", base: base(request),
            requestID: requestID, isLocal: address.map(Self.isLoopback) ?? true)
        do {
            var buffer = try await request.body.collect(upTo: settings.largestBody)
            call.body = buffer.readBytes(length: buffer.readableBytes) ?? []
        } catch {
            let words = "The body has more than \(settings.largestBody) bytes; send less in one request."
            return Self.response(door.refuse(Refusal(.contentTooLarge, words), call), requestID)
        }
        guard path != nil, query != nil else {
            let words = "The path or the query is not percent-encoded UTF-8."
            return Self.response(door.refuse(.badRequest(words), call), requestID)
        }
        call.peerName = await peerName(context.channel)
        if let stream = try await hosts.stream(call) {
            return Response(
                status: .ok, headers: [.contentType: "application/jsonl", .requestID: requestID],
                body: ResponseBody { writer in
                    for await line in stream.lines {
                        try await writer.write(ByteBuffer(bytes: line + [10]))
                        stream.noteSent(line)
                    }
                    try await writer.finish(nil)
                })
        }
        return Self.response(await door.answer(call), requestID)
    }

    private static func response(_ answer: Answer, _ requestID: String) -> Response {
        var headers = answer.headers
        if headers[.requestID] == nil { headers[.requestID] = requestID }
        return Response(
            status: answer.status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: answer.body)))
    }

    private func base(_ request: Request) -> String {
        if let url = settings.publicURL { return url }
        var scheme = settings.isInsecure ? "http" : "https"
        var host = request.head.authority ?? "\(settings.host):\(settings.port)"
        if settings.trustsForwarding {
            scheme = request.headers[.forwardedProtocol] ?? scheme
            host = request.headers[.forwardedHost] ?? host
        }
        return "\(scheme)://\(host)"
    }

    /// The name in the certificate that the caller has shown; TLS has checked that it is ours.
    private func peerName(_ channel: any Channel) async -> String? {
        guard !settings.isInsecure,
            let certificate = try? await channel.nioSSL_peerCertificate().get(),
            let bytes = try? certificate.toDERBytes()
        else { return nil }
        return Certificates.commonName(der: bytes)
    }

    private static func isLoopback(_ address: SocketAddress) -> Bool {
        guard let text = address.ipAddress else { return true }
        return text == "::1" || text.hasPrefix("127.")
    }
}
