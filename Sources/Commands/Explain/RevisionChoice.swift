import Link
import Model

/// Which revision a question is about.
enum RevisionChoice {
    case latest
    case number(Int)
    case inForce(Timestamp)

    /// The instant that the question is about, where it names one.
    var instant: Timestamp? { if case .inForce(let instant) = self { instant } else { nil } }

    func load(_ store: RevisionStore) throws -> Revision {
        let numbers = try store.numbers()
        guard let first = numbers.first, let last = numbers.last else {
            throw NotFound("no policy was applied yet; apply one with `gatehouse apply -f FILE`")
        }
        switch self {
        case .latest: if let found = try store.load(last) { return found }
        case .number(let number):
            if let found = try store.load(number) { return found }
            throw NotFound("--revision \(number): there is no such revision; there are \(first) to \(last)")
        case .inForce(let instant):
            for number in numbers.reversed() {
                if let found = try store.load(number), found.madeAt <= instant { return found }
            }
            throw NotFound("--at \(instant): the first revision is younger; give a later time")
        }
        throw NotFound("revision \(last): it was removed while it was read; ask again")
    }
}
