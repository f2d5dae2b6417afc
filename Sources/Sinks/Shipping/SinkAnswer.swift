/// What a receiver made of records.
enum SinkAnswer: Hashable, Sendable {
    case taken
    /// Of some: places of those that are refused for good, with the reason, and of those to be sent again.
    case mixed(refused: [Refusal], again: [Int], reason: String)
    /// It fails for the moment; not before a pause, where the receiver asked for one.
    case later(String, after: Duration? = nil)
    /// Fewer at once might be taken.
    case tooLarge(String)
    /// Something in them is refused for good; fewer at once tell what.
    case refused(String)
    /// The settings are at fault, or rights, or the account: nothing is dropped, somebody has to mend it.
    case settings(String)

    struct Refusal: Hashable, Sendable {
        let place: Int
        let reason: String
    }
}

/// A fault that ends the sending of records, as the answer that it amounts to.
struct SinkFault: Error, CustomStringConvertible {
    let answer: SinkAnswer

    init(_ answer: SinkAnswer) { self.answer = answer }

    var description: String {
        switch answer {
        case .taken: "taken"
        case .mixed(_, _, let reason): reason
        case .later(let reason, _), .tooLarge(let reason), .refused(let reason), .settings(let reason): reason
        }
    }
}
