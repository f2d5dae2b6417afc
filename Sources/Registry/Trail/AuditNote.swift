/// What an entry of the trail says beside who and when.
package struct AuditNote: Sendable {
    package enum Outcome: String, Sendable, Codable {
        case success
        case failure
    }

    package var action: String
    package var outcome: Outcome
    package var reason: String
    package var targetKind: Kind?
    package var targetID: String
    package var targetName: String
    /// The object's number in the trail, where the one who says it knows it.
    var targetNumber: Int64?
    /// The object's state as JSON, where there was one.
    package var before: String?
    package var after: String?

    package init(
        action: String, outcome: Outcome = .success, reason: String = "", targetKind: Kind? = nil,
        targetID: String = "", targetName: String = "", before: String? = nil, after: String? = nil
    ) {
        self.action = action
        self.outcome = outcome
        self.reason = reason
        self.targetKind = targetKind
        self.targetID = targetID
        self.targetName = targetName
        self.before = before
        self.after = after
    }
}
