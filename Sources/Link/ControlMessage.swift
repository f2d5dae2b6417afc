import Foundation
package import Model

/// What the command line asks of an agent.
package enum ControlRequest: Sendable, Codable {
    /// Adopt a policy as the next revision. `origin` says where it came from, usually a file name.
    case apply(policy: Policy, origin: String, sessions: SessionFate)
    /// Adopt a revision as the control plane numbers it.
    case adopt(revision: Revision, sessions: SessionFate)
    /// What the policy's devices are on this host, and what it would leave behind; changes nothing.
    case outlook(policy: Policy)
    /// Let go of a device that is refused everything because it lost its interface.
    case release(device: String)
    /// Make a device an interface's.
    case attach(DeviceAttachRequest)
    /// Take an interface's device away from it.
    case detach(instance: String, interface: String, vpc: String?)
    /// Each interface of the policy as it is here, and ports of bridges that none claims.
    case interfaces
    /// What a watcher of an engine could not attach.
    case watcher(WatcherReport)
    /// How the policy's sinks do.
    case sinks
    case sink(name: String, SinkRequest)
    case status
    /// Read counters and records against each other. With `settle` the agent reads again, for at most so many seconds,
    /// until traffic rests and every line is exact.
    case books(settleSeconds: Int)
    /// Close the open window now, put its records on disk, and deliver all that waits; answered when it is on disk.
    case flush
    /// Write what was recorded and stop; the rules stay in the kernel.
    case stop
}

/// What becomes of live sessions that the new policy no longer admits.
package enum SessionFate: Hashable, Sendable, Codable {
    /// They are cut when the change is in force.
    case cut
    /// They go on until they end.
    case drain
    /// They are cut when this much time has gone by.
    case cutAfter(seconds: Double)
}

/// What an agent answers.
package enum ControlResponse: Sendable, Codable {
    case receipt(Receipt)
    case outlook(DeviceOutlook)
    case status(AgentStatus)
    case interfaces([InterfaceState])
    /// Nothing was changed, because the device is not there; it may come.
    case noDevice(String)
    /// The control plane was asked and has not answered yet: ask again. `AgentClient` does.
    case waiting
    case books(BooksReport)
    case sinks([SinkReport])
    /// Done, in words.
    case said(String)
    case done
    /// The request was refused and nothing was changed; the reason, and what to do.
    case failed(String)
}

/// A host's word that a revision is in its kernel.
package struct Receipt: Hashable, Sendable, Codable {
    package var revision: Int
    package var host: String
    package var actor: String
    /// When the kernel had the change.
    package var appliedAt: Timestamp
    /// How it was made: `nothing`, `elements`, `rules`, `switched`, `whole`.
    package var method: String
    /// How long the change took, from the agent's decision to the kernel's effect.
    package var microseconds: Int
    /// Live sessions that were cut.
    package var cutSessions: Int
    /// Interfaces whose device this host does not have (yet): they are enforced as soon as it is there.
    package var missingDevices: [String]
    /// Interfaces that the revision names and this host cannot judge; nil from an agent that did not look.
    package var notEnforced: [NotEnforced]?
    /// Devices that are refused everything, because they lost their interface; nil from an agent that held none.
    package var heldDevices: [String]?
    /// Interfaces whose device is missing; nil from an agent that does not say.
    package var awaited: [Identifier<Interface>]?
    /// Where each interface hangs; nil from an agent that does not say.
    package var attachments: [InterfaceAttachment]?

    package init(
        revision: Int, host: String, actor: String, appliedAt: Timestamp, method: String, microseconds: Int,
        cutSessions: Int, missingDevices: [String], notEnforced: [NotEnforced]? = nil, heldDevices: [String]? = nil,
        awaited: [Identifier<Interface>]? = nil, attachments: [InterfaceAttachment]? = nil
    ) {
        self.revision = revision
        self.host = host
        self.actor = actor
        self.appliedAt = appliedAt
        self.method = method
        self.microseconds = microseconds
        self.cutSessions = cutSessions
        self.missingDevices = missingDevices
        self.notEnforced = notEnforced
        self.heldDevices = heldDevices
        self.awaited = awaited
        self.attachments = attachments
    }
}

/// How an agent does.
package struct AgentStatus: Hashable, Sendable, Codable {
    package var host = ""
    package var revision = 0
    package var startedAt = Timestamp(nanoseconds: 0)
    package var interfaces: [String] = []
    package var missingDevices: [String] = []
    /// Interfaces that cannot be judged where they hang; nil from an agent that did not look.
    package var notEnforced: [NotEnforced]?
    /// Devices that are refused everything, because they lost their interface; nil from an agent that held none.
    package var heldDevices: [String]?
    /// Interfaces whose device is missing; nil from an agent that does not say.
    package var awaited: [Identifier<Interface>]?
    /// Where each interface hangs; nil from an agent that does not say.
    package var attachments: [InterfaceAttachment]?
    /// When packets passed unjudged, the last spans; nil from an agent that did not look.
    package var unguarded: [UnguardedSpan]?
    /// Whether a supervisor keeps the agent's sockets, so that nothing is lost when it is killed.
    package var socketsAreKept = false
    package var liveSessions = 0
    package var events: UInt64 = 0
    /// Events that did not fit the log's rate, counted in its summary lines.
    package var eventsSuppressed: UInt64 = 0
    /// Events that the kernel could not deliver, by gaps in its own numbering.
    package var eventsLost: UInt64 = 0
    package var records: UInt64 = 0
    package var malformedMessages: UInt64 = 0
    package var repairs = 0
    package var lastDrift: String?
    package var problems: [String] = []
    /// What the agent changed of the host beside its devices; nil where that is nothing.
    package var notes: [String]?
    package var undelivered: String?
    /// Chains of other tables that may drop what our gate let pass, and tables that cannot be read; nil where an agent of before
    /// answers.
    package var foreignDrops: [String]?

    package init() {}
}

/// The books of a host at one moment.
package struct BooksReport: Hashable, Sendable, Codable {
    package struct Line: Hashable, Sendable, Codable {
        package var interface: String
        /// `out` of the instance or `into` it.
        package var way: String
        package var kernel: Traffic
        package var recorded: Traffic
        /// Of sessions whose VPC has them not collected.
        package var uncollected: Traffic
        /// In live sessions and counting sets, for the records to come.
        package var open: Traffic
        package var lost: Traffic
        package var unexplained: SignedTraffic
        /// Whether a loss may still have to be stated: it is known when traffic rests.
        package var isPending: Bool

        package init(
            interface: String, way: String, kernel: Traffic, recorded: Traffic, uncollected: Traffic = .zero,
            open: Traffic, lost: Traffic, unexplained: SignedTraffic, isPending: Bool
        ) {
            self.interface = interface
            self.way = way
            self.kernel = kernel
            self.recorded = recorded
            self.uncollected = uncollected
            self.open = open
            self.lost = lost
            self.unexplained = unexplained
            self.isPending = isPending
        }
    }

    package struct SignedTraffic: Hashable, Sendable, Codable {
        package var packets: Int64
        package var bytes: Int64

        package init(packets: Int64, bytes: Int64) {
            self.packets = packets
            self.bytes = bytes
        }
    }

    package var at: Timestamp
    package var lines: [Line]

    package init(at: Timestamp, lines: [Line]) {
        self.at = at
        self.lines = lines
    }

    /// Whether every line's kernel counters are records and stated loss, with nothing unexplained.
    package var isBalanced: Bool { lines.allSatisfy { $0.unexplained == .init(packets: 0, bytes: 0) && !$0.isPending } }
}

/// Control messages as bytes: JSON with sorted keys.
package enum ControlCodec {
    package static func encode(_ message: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(message))
    }

    package static func decode<Message: Decodable>(_ bytes: [UInt8], as _: Message.Type = Message.self) throws
        -> Message
    {
        try JSONDecoder().decode(Message.self, from: Data(bytes))
    }
}
