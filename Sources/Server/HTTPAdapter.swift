import HTTPTypes
import Host
import Hummingbird
import Model
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
    let authenticator: Authenticator
    let connections: Connections

    func respond(to request: Request, context: Context) async throws -> Response {
        let channel = context.channel
        connections.enter(.body(isLong: false), channel, at: SystemClock.monotonic)
        let requestID = "req-\(Change.newID())"
        let path = QueryText.parts(request.uri.path)
        let query = QueryText.pairs(request.uri.query ?? "")
        var call = Call(
            method: request.method, path: path ?? request.uri.path.split(separator: "/").map(String.init),
            query: query ?? [], headers: request.headers,
            source: channel.remoteAddress?.ipAddress ?? "local", base: base(request), requestID: requestID,
            isLocal: channel.remoteAddress.map(Self.isLoopback) ?? true)
        call.rawQuery = request.uri.query ?? ""
        call.authority = request.head.authority ?? ""
        call.onKnown = { [connections] in connections.noteKnown(channel) }
        call.peer = await peer(channel)
        guard request.uri.string.utf8.count <= Limit.requestTarget.bound else {
            let words = "The path and the query have more than \(Limit.requestTarget.bound) bytes."
            return refused(Refusal(.uriTooLong, words), call, channel)
        }
        guard let body = try await body(of: request, call, channel) else {
            let words =
                "The body has more than \(settings.largestBody) bytes, or more than \(Limit.strangerBody.bound) without "
                + "credentials that are good here; send less in one request."
            return refused(Refusal(.contentTooLarge, words), call, channel)
        }
        call.body = body
        connections.enter(.answer, channel, at: SystemClock.monotonic)
        guard path != nil, query != nil else {
            let words = "The path or the query is not percent-encoded UTF-8."
            return answered(door.refuse(.badRequest(words), call), requestID, channel)
        }
        if let stream = try await hosts.stream(call) {
            return Response(
                status: .ok, headers: [.contentType: "application/jsonl", .requestID: requestID],
                body: ResponseBody { [connections] writer in
                    for await line in stream.lines {
                        try await writer.write(ByteBuffer(bytes: line + [10]))
                        stream.noteSent(line)
                    }
                    try await writer.finish(nil)
                    connections.enter(.idle, channel, at: SystemClock.monotonic)
                })
        }
        return answered(await door.answer(await call.readAside()), requestID, channel)
    }

    /// Reads the body; nil where it is longer than the caller may send.
    ///
    /// Who the caller is, is asked when the body is long: a stranger's is not read beyond `Limit.strangerBody`.
    private func body(of request: Request, _ call: Call, _ channel: any Channel) async throws -> [UInt8]? {
        var allowed = min(Limit.strangerBody.bound, settings.largestBody)
        func admits(_ count: Int) async -> Bool {
            if count > allowed, allowed < settings.largestBody, await isKnown(call) {
                allowed = settings.largestBody
                connections.enter(.body(isLong: true), channel, at: SystemClock.monotonic)
            }
            return count <= allowed
        }
        var isRefused = false
        if let length = request.headers[.contentLength].flatMap({ Int($0) }) { isRefused = !(await admits(length)) }
        if isRefused { connections.enter(.refused, channel, at: SystemClock.monotonic) }
        var bytes: [UInt8] = []
        for try await chunk in request.body {
            // Thrown away, so that who sends all before he reads can read why; for as long as a refused body may take.
            if isRefused { continue }
            if await admits(bytes.count + chunk.readableBytes) {
                bytes += chunk.readableBytesView
            } else {
                isRefused = true
                bytes = []
                connections.enter(.refused, channel, at: SystemClock.monotonic)
            }
        }
        return isRefused ? nil : bytes
    }

    /// Whether the caller is an enrolled host, or somebody with a role.
    private func isKnown(_ call: Call) async -> Bool {
        do {
            if try await hosts.isEnrolled(call) { return true }
            return try await authenticator.session(of: call)?.roles.isEmpty == false
        } catch {
            return false
        }
    }

    /// An answer to a request that was not read to its end, after which the connection is of no use.
    private func refused(_ refusal: Refusal, _ call: Call, _ channel: any Channel) -> Response {
        var response = Self.response(door.refuse(refusal, call), call.requestID)
        response.headers[.connection] = "close"
        connections.enter(.refused, channel, at: SystemClock.monotonic)
        return response
    }

    private func answered(_ answer: Answer, _ requestID: String, _ channel: any Channel) -> Response {
        if let stream = answer.stream {
            var response = Self.response(answer, requestID)
            response.body = ResponseBody { [connections] writer in
                for await bytes in stream { try await writer.write(ByteBuffer(bytes: bytes)) }
                try await writer.finish(nil)
                connections.enter(.idle, channel, at: SystemClock.monotonic)
            }
            return response
        }
        connections.enter(.idle, channel, at: SystemClock.monotonic)
        return Self.response(answer, requestID)
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

    /// The certificate that the caller has shown; TLS has checked that it is ours. Of one that cannot be read the caller is a
    /// stranger, as without any.
    private func peer(_ channel: any Channel) async -> PeerCertificate? {
        guard !settings.isInsecure,
            let certificate = try? await channel.nioSSL_peerCertificate().get(),
            let bytes = try? certificate.toDERBytes()
        else { return nil }
        return Certificates.peer(der: bytes)
    }

    private static func isLoopback(_ address: SocketAddress) -> Bool {
        guard let text = address.ipAddress else { return true }
        return text == "::1" || text.hasPrefix("127.")
    }
}
