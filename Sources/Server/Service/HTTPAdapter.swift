import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOSSL
import Registry

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
        let body: [UInt8]
        do {
            var buffer = try await request.body.collect(upTo: settings.largestBody)
            body = buffer.readBytes(length: buffer.readableBytes) ?? []
        } catch {
            return Self.refusal(
                request, requestID, .contentTooLarge, "HTTPRequestEntityTooLarge",
                "The body has more than \(settings.largestBody) bytes; send less in one request.")
        }
        guard let path = Self.parts(request.uri.path), let query = Self.pairs(request.uri.query ?? "") else {
            return Self.refusal(
                request, requestID, .badRequest, "HTTPBadRequest", "The path or the query is not percent-encoded UTF-8."
            )
        }
        let address = context.channel.remoteAddress
        let call = Call(
            method: request.method, path: path, query: query, headers: request.headers, body: body,
            source: address?.ipAddress ?? "local", base: base(request), requestID: requestID,
            isLocal: address.map(Self.isLoopback) ?? true, peerName: await peerName(context.channel))
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
        let answer = await door.answer(call)
        for failure in door.operations.counters.takeFailures() {
            context.logger.error(
                "request failed", metadata: ["request": "\(failure.requestID)", "reason": "\(failure.words)"])
        }
        return Self.response(answer, requestID)
    }

    /// What no service was asked about, in the envelope of the one that the path is mounted at.
    private static func refusal(
        _ request: Request, _ requestID: String, _ status: HTTPResponse.Status, _ type: String, _ message: String
    ) -> Response {
        guard request.uri.path.hasPrefix("/v1/") else {
            return response(NeutronError(status, type, message).answer, requestID)
        }
        var answer = VPCError(status == .contentTooLarge ? .tooLarge : .validationFailure, message)
            .answer(trace: requestID)
        answer.headers[.plainRequestID] = requestID
        return response(answer, requestID)
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

    /// The path's parts without empty ones; nil when they are not UTF-8.
    private static func parts(_ path: String) -> [String]? {
        var parts: [String] = []
        for part in path.split(separator: "/") {
            guard let text = decoded(part) else { return nil }
            parts.append(text)
        }
        return parts
    }

    /// The pairs of a query or of a form; nil when they are not UTF-8.
    static func pairs(_ query: String) -> [(key: String, value: String)]? {
        var pairs: [(key: String, value: String)] = []
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let key = decoded(parts[0], plusIsSpace: true),
                let value = decoded(parts.count > 1 ? parts[1] : "", plusIsSpace: true)
            else { return nil }
            pairs.append((key, value))
        }
        return pairs
    }

    private static func decoded(_ text: Substring, plusIsSpace: Bool = false) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
                else {
                    return nil
                }
                rest.removeFirst(2)
                bytes.append(value)
            } else {
                bytes.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
