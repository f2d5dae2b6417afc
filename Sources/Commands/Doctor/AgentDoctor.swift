import Foundation
import Host
import Link
import Model
import Terminal

/// The data folder, the disk below it, and the agent.
enum AgentDoctor {
    static func diagnoses(_ patient: Patient) -> [Diagnosis] { [disk(patient)] + agent(patient) }

    private static func disk(_ patient: Patient) -> Diagnosis {
        let path = patient.folder.path
        guard DurableFile.exists(path) else {
            return .warning(
                "disk", "there is no data folder \(path)", mend: "gatehouse up --data \(path), or --data of another")
        }
        let facts = try? FileManager.default.attributesOfFileSystem(forPath: path)
        guard let free = (facts?[.systemFreeSize] as? NSNumber)?.int64Value else {
            return .warning("disk", "\(path): its room is not known", mend: "look with df")
        }
        let room = "\(path): \(free >> 20) MB are free"
        let mend = "make room, or give less to records with --spool-limit"
        if free < 64 << 20 { return .fault("disk", room, mend: mend) }
        return free < 1 << 30 ? .warning("disk", room, mend: mend) : .good("disk", room)
    }

    private static func agent(_ patient: Patient) -> [Diagnosis] {
        let status: AgentStatus
        do {
            guard case .status(let told) = try AgentClient(patient.folder).ask(.status) else {
                return [.fault("agent", "it is of another version", mend: "restart it after the upgrade")]
            }
            status = told
        } catch {
            return [
                .fault(
                    "agent", "\(error)",
                    mend: "gatehouse up --data \(patient.folder.path), or systemctl start gatehouse-agent")
            ]
        }
        var found: [Diagnosis] = [.good("agent", "revision \(status.revision) is in force since \(status.startedAt)")]
        if !status.socketsAreKept {
            found.append(
                .warning(
                    "agent", "nobody keeps its sockets: what ends while it is down is stated loss",
                    mend: "run it under systemd with its unit, or with gatehouse up"))
        }
        found += (status.notEnforced ?? []).map {
            .fault("NOT ENFORCED", $0.line, mend: "hang it where it can be judged, or take it out of the policy")
        }
        found += (status.unguarded ?? []).filter { $0.until == nil }.map {
            .fault("UNGUARDED", "since \($0.since): \($0.cause)", mend: "see gatehouse status")
        }
        found += status.missingDevices.map {
            .warning("devices", "\($0) is not there", mend: "start its guest, or gatehouse attach --device another one")
        }
        found += (status.foreignDrops ?? []).map {
            .warning("other tables", $0, mend: "let them accept what is judged here, or count on them")
        }
        let told = Set((status.notEnforced ?? []).map(\.line))
        found += status.problems.filter { problem in !told.contains { problem.contains($0) } }.map {
            .fault("problem", $0, mend: "it goes when what it names is put right")
        }
        return found
    }
}
