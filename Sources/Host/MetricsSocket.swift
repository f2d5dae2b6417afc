import CHost

/// Answers `GET /metrics` of HTTP/1.1 on loopback, and nothing else: an agent links no HTTP server.
///
/// A request has at most 8 KB, there are 8 connections at a time, and each has 5 seconds.
package final class MetricsSocket {
    private let server: SmallServer
    private static let requestBytes = 8 << 10

    /// Listens at a port of 127.0.0.1 or ::1.
    package init(port: UInt16, isIPv6: Bool) throws(SystemError) {
        let name = "\(isIPv6 ? "[::1]" : "127.0.0.1"):\(port)"
        let listener = Descriptor(owning: try checkShim("bind", name, gh_listen_loopback(port, isIPv6 ? 1 : 0)))
        var limits = SmallServer.Limits()
        limits.connections = 8
        server = try SmallServer(listener, name: name, limits: limits, progress: Self.progress)
    }

    /// Can be read when `serve` has something to do.
    package var number: Int32 { server.number }

    private static func progress(_ request: [UInt8]) -> SmallServer.Progress {
        // The end of the head; a GET has nothing behind it.
        if request.suffix(4) == [13, 10, 13, 10] { return .whole }
        return request.count < requestBytes ? .partial(requestBytes - request.count) : .refused
    }

    /// Does what can be done at once; `metrics` is what `/metrics` shows.
    package func serve(_ metrics: () -> String) throws(SystemError) {
        try server.serve { request, _ in
            let line = String(decoding: request.prefix { $0 != 13 }, as: UTF8.self).split(separator: " ")
            guard line.count == 3, line[2].hasPrefix("HTTP/1.") else { return Self.answer("400 Bad Request", "") }
            guard line[0] == "GET" else { return Self.answer("405 Method Not Allowed", "") }
            guard line[1] == "/metrics" else { return Self.answer("404 Not Found", "only /metrics is here\n") }
            return Self.answer("200 OK", metrics())
        }
    }

    private static func answer(_ status: String, _ body: String) -> [UInt8] {
        let head =
            "HTTP/1.1 \(status)\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
            + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n"
        return Array((head + body).utf8)
    }
}
