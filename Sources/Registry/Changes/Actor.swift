/// Who asks, by which request, and what for.
package struct Actor: Hashable, Sendable {
    package var userID: String
    package var userName: String
    /// The project that the request is about; empty without one.
    package var projectID: String
    package var projectName: String
    package var roles: Set<String>
    /// `req-` and a UUID: what the caller is told, and what the trail and the receipts bear.
    package var requestID: String
    /// The caller's address.
    package var source: String
    /// What is asked for, in the trail's words: `security_group_rule.create`.
    package var action: String

    package init(
        userID: String, userName: String, projectID: String, projectName: String, roles: Set<String>,
        requestID: String, source: String, action: String
    ) {
        self.userID = userID
        self.userName = userName
        self.projectID = projectID
        self.projectName = projectName
        self.roles = roles
        self.requestID = requestID
        self.source = source
        self.action = action
    }

    package var isAdmin: Bool { roles.contains("admin") }

    /// Gatehouse itself: what it does at its first start.
    package static func system(_ action: String, requestID: String) -> Actor {
        Actor(
            userID: "", userName: "gatehouse", projectID: "", projectName: "", roles: ["admin"], requestID: requestID,
            source: "", action: action)
    }
}
