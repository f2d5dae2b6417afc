package import Registry

extension Actor {
    /// The one behind a session, about to do something.
    package init(_ session: Session, _ call: Call, _ action: String) {
        self.init(
            userID: session.user.id, userName: session.user.name, projectID: session.project?.id ?? "",
            projectName: session.project?.name ?? "", roles: Set(session.roles.map(\.rawValue)),
            requestID: call.requestID, source: call.source, action: action)
    }
}
