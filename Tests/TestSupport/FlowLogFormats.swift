package import Model
import Records

/// The formats of this release, as tests name them.
extension FlowLogFormat {
    package static let ibmPlus = FlowLogFormat(name: "ibm+")
    package static let jsonLines = FlowLogFormat(name: "jsonl")
    package static func aws(columns: [String]) -> FlowLogFormat { FlowLogFormat(name: "aws", columns: columns) }
}
