import Host
import Link
import Model

/// What an agent begins with: its state and the last good revision, as far as they can be read.
///
/// A file that cannot be read must not leave the host open. It is set aside under another name, the newest revision that
/// can be read is enforced, and devices that some revision named but that one does not are refused everything, until
/// somebody puts a revision in force again.
struct Beginning {
    private(set) var state: AgentState
    private(set) var revision = Revision.none
    private(set) var catalogue = Catalogue()
    /// What could not be read, what is enforced instead, and how that is mended; each begins with `start: `.
    private(set) var problems: [String] = []
    /// Whether rules' indexes are begun anew: marks of sessions say nothing then.
    private(set) var isStateLost = false
    /// Devices that are to be refused everything, with the numbers that they had; 0 where that is not known.
    private(set) var held: [String: UInt32] = [:]

    private let folder: DataFolder

    init(_ folder: DataFolder) throws {
        self.folder = folder
        do {
            state = try AgentState.load(folder)
        } catch {
            state = AgentState()
            isStateLost = true
            note(
                folder.state, error,
                "which revision was in force is read from the revisions; all sessions are judged anew")
        }
        held = state.heldDevices(isSameBoot: state.bootID == Machine.bootID)
        let store = RevisionStore(folder)
        let numbers = try store.numbers()
        let wanted = isStateLost ? numbers.last ?? 0 : state.revision
        var devices = state.devices ?? []
        var readable: [Int: Revision] = [:]
        for number in numbers {
            do {
                guard let found = try store.load(number) else { continue }
                catalogue.learn(found)
                devices.formUnion(Self.devices(found.policy))
                if number <= wanted { readable[number] = found }
            } catch {
                note(folder.revision(number), error, "records and events of its time may lack names")
            }
        }
        revision = readable.keys.max().flatMap { readable[$0] } ?? .none
        guard revision.number != wanted else { return }
        let uncovered = devices.subtracting(Self.devices(revision.policy)).sorted()
        problems.append(
            "start: revision \(wanted) cannot be read; revision \(revision.number) is enforced, and devices that it does not "
                + "name are refused everything (\(uncovered.isEmpty ? "none" : uncovered.joined(separator: ", "))): apply the "
                + "policy again, or have the control plane make any change")
        for device in uncovered { held[device] = held[device] ?? 0 }
    }

    /// Devices that a policy binds interfaces to, by the names that it gives.
    static func devices(_ policy: Policy) -> Set<String> {
        Set(policy.vpcs.flatMap(\.instances).flatMap(\.interfaces).compactMap(\.device))
    }

    /// Says what could not be read, and sets it aside: it is not read again, and not lost.
    private mutating func note(_ path: String, _ error: any Error, _ effect: String) {
        var aside = "it is kept as \(path).damaged"
        do {
            try DurableFile.rename(path, to: path + ".damaged")
        } catch {
            aside = "it stays there: \(error)"
        }
        problems.append("start: \(path) cannot be read (\(Self.words(error))); \(aside); \(effect)")
    }

    private static func words(_ error: any Error) -> String { String("\(error)".prefix(300)) }
}
