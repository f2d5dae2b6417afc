import CRehearsal
import Host
package import Model

/// A guest in a network namespace: what it would serve and ask, for the demo, tests and benches.
package struct Guest: Sendable {
    /// Name of its network namespace.
    package let namespace: String

    package init(namespace: String) { self.namespace = namespace }

    /// How an exchange went.
    package enum Outcome: Equatable, Sendable {
        /// Bytes came back.
        case answered(Int)
        /// Nobody answered in time.
        case silence
        /// The other side said no, or the system did; its error number.
        case failed(Int32)

        package var isAnswered: Bool { if case .answered = self { true } else { false } }

        fileprivate init(_ result: Int) {
            switch result {
            case 0...: self = .answered(result)
            case -Int(SystemError.timedOut), -Int(SystemError.tryAgain): self = .silence
            default: self = .failed(Int32(-result))
            }
        }
    }

    /// Connects, sends, reads the answer.
    ///
    /// * `bytes`: how much is sent.
    /// * `milliseconds`: over how much time it is sent.
    /// * `patience`: how long to wait for the connection and for each part, in milliseconds.
    /// - Returns: how it went.
    package func tcp(
        _ target: IPAddress, _ port: UInt16, bytes: Int = 100, milliseconds: Int32 = 0, patience: Int32 = 5000
    ) throws -> Outcome {
        try within { unsafe Outcome(gh_tcp_exchange(target.description, port, bytes, milliseconds, patience)) }
    }

    /// Connects and closes at once.
    package func probe(_ target: IPAddress, _ port: UInt16, patience: Int32 = 200) throws -> Outcome {
        try within { unsafe Outcome(Int(gh_tcp_probe(target.description, port, patience))) }
    }

    /// Sends a datagram and waits for its return.
    package func udp(_ target: IPAddress, _ port: UInt16, bytes: Int = 64, patience: Int32 = 300) throws -> Outcome {
        try within { unsafe Outcome(gh_udp_exchange(target.description, port, bytes, patience)) }
    }

    /// Sends an echo request and waits for its reply.
    package func ping(_ target: IPAddress, patience: Int32 = 300) throws -> Outcome {
        try within { unsafe Outcome(Int(gh_ping(target.description, patience))) }
    }

    private func within<Result>(_ body: () throws -> Result) throws -> Result {
        try NetworkNamespace.within(namespace, body)
    }
}
