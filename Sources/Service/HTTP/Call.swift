package import HTTPTypes
import Registry

/// A request, free of the server that brought it.
package struct Call: Sendable {
    package var method: HTTPRequest.Method
    /// The path's parts, percent-decoded, without empty ones.
    package var path: [String]
    /// The query's pairs in their order, percent-decoded.
    package var query: [(key: String, value: String)]
    /// The query as it came.
    package var rawQuery = ""
    /// The `Host` header as it came: what signatures are over.
    package var authority = ""
    package var headers: HTTPFields
    package var body: [UInt8]
    /// The caller's address.
    package var source: String
    /// `https://host:port`, as the caller knows this server.
    package var base: String
    /// `req-` and a UUID.
    package var requestID: String
    /// Whether the caller sits on this machine.
    package var isLocal: Bool
    /// The certificate that the caller's TLS connection has shown, where it is one of ours.
    package var peer: PeerCertificate?
    /// The body as JSON, where it was read beforehand (`readAside`).
    var reading: Result<JSON, JSONFault>?
    /// To be called when the caller has shown credentials that are good here.
    package var onKnown: @Sendable () -> Void = {}

    package init(
        method: HTTPRequest.Method, path: [String], query: [(key: String, value: String)] = [],
        headers: HTTPFields = [:], body: [UInt8] = [], source: String = "127.0.0.1",
        base: String = "http://127.0.0.1", requestID: String = "req-\(Change.newID())", isLocal: Bool = true,
        peer: PeerCertificate? = nil
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.source = source
        self.base = base
        self.requestID = requestID
        self.isLocal = isLocal
        self.peer = peer
    }

    /// The call with its first path parts taken off.
    package func dropping(_ count: Int) -> Call {
        var call = self
        call.path.removeFirst(count)
        return call
    }

    package func values(_ key: String) -> [String] { query.filter { $0.key == key }.map(\.value) }
}

/// What is answered.
package struct Answer: Sendable {
    package var status: HTTPResponse.Status
    package var headers: HTTPFields
    package var body: [UInt8]
    /// What is sent behind the body for as long as it comes and the caller listens.
    package var stream: AsyncStream<[UInt8]>?

    package init(_ status: HTTPResponse.Status, _ json: JSON? = nil, headers: HTTPFields = [:]) {
        self.status = status
        self.headers = headers
        body = json?.bytes ?? []
        if json != nil { self.headers[.contentType] = "application/json" }
    }

    package init(text: String, type: String = "text/plain; charset=utf-8") {
        status = .ok
        headers = [.contentType: type]
        body = Array(text.utf8)
    }

    package init(stream: AsyncStream<[UInt8]>, type: String) {
        status = .ok
        headers = [.contentType: type]
        body = []
        self.stream = stream
    }

    /// The body as JSON, for tests.
    package var json: JSON? { JSON(parsing: body) }
}
