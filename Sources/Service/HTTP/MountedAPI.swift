/// One API, mounted below a path of the front door. A further one is a room of its own, and one line in `FrontDoor`.
package protocol MountedAPI: Sendable {
    /// The paths that lead to it, each as its first parts; they are taken off its calls.
    var mounts: [[String]] { get }

    /// All that is served. What is not in it is not asked: a further route is an entry here, and a line of the matrix of rights.
    var routes: [APIRoute] { get }

    /// Whether a call, without its mount point, is for one of the routes.
    func serves(_ call: Call) -> Bool

    /// Whether a call of the root, to which no mount leads, is for this API.
    func takesRoot(_ call: Call) -> Bool

    /// Says no to a call that is for none of the routes.
    func answer(unserved call: Call) async throws -> Answer

    /// The call as the trail and the answer know it.
    func adopted(_ call: Call) -> Call

    /// Answers a call; what it throws is told by `answer(refusing:_:)`, and what is not a refusal without saying what.
    func answer(_ call: Call) async throws -> Answer

    /// A refusal in the envelope that the API's clients know.
    func answer(refusing refusal: Refusal, _ call: Call) -> Answer
}

extension MountedAPI {
    package func serves(_ call: Call) -> Bool { routes.admit(call) }
    package func answer(unserved call: Call) async throws -> Answer { throw Refusal.nothingHere }
    package func takesRoot(_ call: Call) -> Bool { false }
    package func adopted(_ call: Call) -> Call { call }
    package func answer(refusing refusal: Refusal, _ call: Call) -> Answer { refusal.answer }
}
