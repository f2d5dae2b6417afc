import Foundation
import Host
import Link

/// What doctor says of one thing.
struct Diagnosis: Hashable {
    enum State: String {
        case good = "ok"
        /// Works, and will not always.
        case warning
        /// Does not work, or is not enforced.
        case fault
    }

    let subject: String
    let state: State
    let detail: String
    /// What to do; nil where nothing need be done.
    let mend: String?

    static func good(_ subject: String, _ detail: String) -> Diagnosis {
        Diagnosis(subject: subject, state: .good, detail: detail, mend: nil)
    }

    static func warning(_ subject: String, _ detail: String, mend: String) -> Diagnosis {
        Diagnosis(subject: subject, state: .warning, detail: detail, mend: mend)
    }

    static func fault(_ subject: String, _ detail: String, mend: String) -> Diagnosis {
        Diagnosis(subject: subject, state: .fault, detail: detail, mend: mend)
    }
}

/// Where doctor looks.
struct Patient {
    /// `/proc`, or a folder that stands for it.
    var proc = "/proc"
    let folder: DataFolder
    /// Finds programs; another one than the path's for tests.
    var nft = "nft"

    /// A file below `/proc` without white space at its ends; nil where there is none.
    func read(_ name: String) -> String? {
        guard let bytes = (try? DurableFile.read("\(proc)/\(name)")) ?? nil else { return nil }
        return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func number(_ name: String) -> Int? { read(name).flatMap { Int($0) } }
}
