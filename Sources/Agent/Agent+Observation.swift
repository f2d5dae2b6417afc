import Capture
import Model

/// What status says of interfaces whose refusals are notes, and of what records could not name.
extension Agent {
    var observationNotes: [String] {
        let observed = revision.policy.observedInterfaces
        var notes: [String] = []
        if !observed.isEmpty {
            let labels = observed.compactMap { catalogue.placement($0)?.label }.sorted()
            let more = labels.count > 10 ? ", and \(labels.count - 10) more" : ""
            notes.append("observed, not refused: \(labels.prefix(10).joined(separator: ", "))\(more)")
        }
        if revision.policy.enterprise?.isEmpty == false, !binding.bridged.isEmpty {
            notes.append(
                "enterprise rules are not asked of what interfaces on bridges send to many, or are sent among many")
        }
        let unnamed = records.recorder.observed.unnamed
        if unnamed > 0 { notes.append("\(unnamed) observations of enterprise rules are in events and in no record") }
        return notes
    }
}
