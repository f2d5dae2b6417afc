import AsyncHTTPClient
import Host
import NIOCore
import NIOPosix
import NIOSSL

/// Why a control plane is not reached: which setting says so, and how it is mended.
struct ConnectionFault: Error, CustomStringConvertible {
    let description: String

    init(_ server: Setting, _ authority: Setting?, _ error: any Error) {
        description = Self.words(server, authority, error)
    }

    private static func words(_ server: Setting, _ authority: Setting?, _ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            if error.dnsAError != nil || error.dnsAAAAError != nil, error.connectionErrors.isEmpty {
                return "\(server): nobody knows the name \(error.host); give the name or address of the control plane"
            }
            return silence(server, error.connectionErrors.first?.error)
        case let error as IOError: return silence(server, error)
        case let error as HTTPClientError
        where [.connectTimeout, .deadlineExceeded, .readTimeout, .tlsHandshakeTimeout].contains(error):
            return "\(server): nobody answers in time; give the address that `gatehouse serve` listens at"
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            return "\(server): its certificate is for other names; give one of those, or start the server with --name"
        case NIOSSLError.handshakeFailed(let cause):
            return handshake(server, authority, "\(cause)")
        case let error as HTTPClientError where error == .remoteConnectionClosed && server.value.hasPrefix("http:"):
            return "\(server): it ends the connection; a control plane speaks TLS, so give https://"
        default:
            return "\(server): \("\(error)".split(separator: "\n").joined(separator: " "))"
        }
    }

    private static func handshake(_ server: Setting, _ authority: Setting?, _ cause: String) -> String {
        if cause.contains("CERTIFICATE_VERIFY_FAILED") {
            guard let authority else {
                return "\(server): its certificate is not trusted; give --authority FILE with the authority.pem of the "
                    + "server's data folder, or set GATEHOUSE_AUTHORITY"
            }
            return "\(authority): it does not vouch for \(server.value), or that one's certificate is over; name the "
                + "authority.pem of its data folder"
        }
        if cause.contains("WRONG_VERSION_NUMBER") || cause.contains("HTTP_REQUEST") {
            return "\(server): no TLS is spoken there; give http:// if it runs with --insecure-http"
        }
        return "\(server): TLS does not come about: \(cause)"
    }

    private static func silence(_ server: Setting, _ error: (any Error)?) -> String {
        let code = (error as? IOError)?.errnoCode
        let why = code.map { SystemError("connect", code: $0).reason } ?? "no connection"
        return "\(server): nobody answers (\(why)); give the address that `gatehouse serve` listens at"
    }
}
