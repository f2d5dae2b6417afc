package import Model

/// What the control plane sends a host over the long-lived stream: one JSON object a line.
package enum HostMessage: Sendable, Codable {
    /// What the host must enforce from now on.
    case revision(Revision)
    /// The credentials of the buckets that the next revision's collectors fill; they replace those told before.
    case credentials([HostCredentials])
    /// What makes the next revision of the one that the host has.
    case amendment(RevisionAmendment)
    /// Try a bucket and say what came of it: only to hosts that said `HostCapability.bucketTests`.
    case bucketTest(BucketTestRequest)
    /// Nothing new; tells the server's clock, so that both sides see that the other is there.
    case ping(at: Timestamp)
}

/// What a host understands beyond what every host does. It says so when it asks for its stream, in the query
/// `understands`, once for each: one of before would end a stream that brings a message it does not know, and pass over what is new in one it knows.
package enum HostCapability: String, CaseIterable, Sendable {
    case bucketTests = "bucket-tests"
    /// Amendments with other names of groups, and with collectors.
    case furtherAmendments = "further-amendments"
}

/// A bucket that a host shall put an object into and take it away again, as its collectors would.
package struct BucketTestRequest: Sendable, Codable {
    package var id: String
    /// The location as collectors name it.
    package var bucket: String

    package init(id: String, bucket: String) {
        self.id = id
        self.bucket = bucket
    }
}

/// What came of it.
package struct BucketTestAnswer: Sendable, Codable {
    package var id: String
    /// What failed and how to mend it; nil when the object went in and out.
    package var fault: String?

    package init(id: String, fault: String?) {
        self.id = id
        self.fault = fault
    }
}

/// Credentials of a bucket, for the host's folder of them. They are in no revision: those are kept and sent back.
package struct HostCredentials: Sendable, Codable {
    /// What the files of such credentials begin with.
    package static let namePrefix = "sealed-"

    /// The file's name, which begins with `namePrefix`.
    package var name: String
    package var content: String

    package init(name: String, content: String) {
        self.name = name
        self.content = content
    }
}

/// What a host tells of itself, once a ping.
package struct HostReport: Sendable, Codable {
    /// The server's clock in the ping that this answers, and the host's when it came.
    package var pingedAt: Timestamp
    package var receivedAt: Timestamp
    package var status: AgentStatus

    package init(pingedAt: Timestamp, receivedAt: Timestamp, status: AgentStatus) {
        self.pingedAt = pingedAt
        self.receivedAt = receivedAt
        self.status = status
    }
}

/// What became of a revision at a host.
package enum HostReceipt: Sendable, Codable {
    /// `digest`: `Policy.digest` of what was applied.
    case applied(Receipt, digest: String)
    /// The kernel has the former one still; why, in words.
    case failed(revision: Int, String)
}

/// A policy file for the control plane: made so, or only told what that would change.
package struct DeclareRequest: Sendable, Codable {
    package var policy: Policy
    /// The host that has the interfaces' devices.
    package var host: String
    package var prunes: Bool
    package var isPlan: Bool

    package init(policy: Policy, host: String, prunes: Bool, isPlan: Bool) {
        self.policy = policy
        self.host = host
        self.prunes = prunes
        self.isPlan = isPlan
    }
}

/// A host asks to be taken in.
package struct EnrolmentRequest: Sendable, Codable {
    /// Good for one enrolment.
    package var token: String
    /// The host's name, as ports are bound to it.
    package var host: String
    /// The public half of a P-256 key that never leaves the host.
    package var publicKeyPEM: String

    package init(token: String, host: String, publicKeyPEM: String) {
        self.token = token
        self.host = host
        self.publicKeyPEM = publicKeyPEM
    }
}

/// The host's certificate, and that of the authority that signed the server's.
package struct EnrolmentAnswer: Sendable, Codable {
    package var certificatePEM: String
    package var authorityPEM: String

    package init(certificatePEM: String, authorityPEM: String) {
        self.certificatePEM = certificatePEM
        self.authorityPEM = authorityPEM
    }
}
