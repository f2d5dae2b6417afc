package import HTTPTypes
package import Registry

/// What is answered in place of what was asked for: a status, and a sentence that says what to mend.
///
/// Each API tells it in its clients' envelope; the plain one is `{"error":{"code","title","message"}}`.
package struct Refusal: Error, Hashable, Sendable {
    package let status: HTTPResponse.Status
    package let message: String

    package init(_ status: HTTPResponse.Status, _ message: String) {
        self.status = status
        self.message = message
    }

    package static func badRequest(_ message: String) -> Refusal { Refusal(.badRequest, message) }

    /// * `reason`: what is wrong with the value, without a full stop.
    package static func invalid(_ field: String, _ reason: String) -> Refusal {
        Refusal(.badRequest, "Invalid input for \(field). Reason: \(reason).")
    }

    /// * `operation`: the right that the caller lacks, as the access policy names it.
    package static func forbidden(_ operation: String) -> Refusal {
        Refusal(.forbidden, "rule:\(operation) is disallowed by policy")
    }

    package static let unauthenticated = Refusal(
        .unauthorized, "The request you have made requires authentication.")
    package static let nothingHere = Refusal(.notFound, "The resource could not be found.")
    /// What went wrong inside is in the log, under the request's id.
    package static let internalFailure = Refusal(
        .internalServerError, "Request Failed: internal server error while processing your request.")

    /// In the plain envelope.
    package var answer: Answer {
        var answer = Answer(
            status,
            .object([
                "error": .object([
                    "code": .int(status.code), "title": .string(status.reasonPhrase), "message": .string(message),
                ])
            ]))
        if status == .unauthorized { answer.headers[.wwwAuthenticate] = "Keystone uri=\"/identity\"" }
        return answer
    }
}

extension Refusal {
    /// What the registry refuses, told to whoever calls.
    package init(_ error: RegistryError) { self.init(error.code.status, error.message) }
}

extension RegistryError.Code {
    /// The status by which the refusal is told.
    package var status: HTTPResponse.Status {
        switch self {
        case .notFound, .tagMissing: .notFound
        case .inUse, .defaultGroupExists, .defaultGroupCannotChange, .defaultGroupCannotGo, .ruleExists, .overQuota,
            .addressInUse, .macInUse, .addressesExhausted, .quotaBelowUse, .vpcDefaultGroup, .mixedGroups,
            .targetHasCollector, .bucketExists, .claimedOnHost:
            .conflict
        case .invalid(let what): what == .duplicateInPost ? .conflict : .badRequest
        case .subnetsOverlap, .groupNotInVPC, .notPossibleHere: .badRequest
        case .forbidden: .forbidden
        case .unauthenticated: .unauthorized
        case .tooManyAttempts: .tooManyRequests
        case .revisionMismatch: .preconditionFailed
        case .newerSchema: .internalServerError
        }
    }
}
