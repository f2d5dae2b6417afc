import Model

/// `ibm`: as the VPC service writes its objects, TCP and UDP over IPv4; `ibm+`: every protocol and IPv6 in the same shape, and
/// what decided under a key of its own.
struct IBMFormat: ObjectFormat {
    let isPlus: Bool

    var name: String { isPlus ? "ibm+" : "ibm" }
    var summary: String { isPlus ? "everything, with what decided" : "TCP and UDP over IPv4, as IBM's service" }
    let columns: ObjectColumns? = nil
    let parts = [FlowObjectFormat.Part.ingress, .egress]
    let keyPrefix = IBMObjectKey.prefix
    let namesPeers = false

    func place(key: String) -> FlowObjectPlace? { FlowObjectPlace(folders: key) }

    func content(_ subject: ObjectSubject) -> any ObjectContent {
        Content(
            subject: subject,
            log: IBMFlowLog(
                collector: subject.collector, placement: subject.placement, catalogue: subject.catalogue,
                region: subject.region, isPlus: isPlus))
    }

    private struct Content: ObjectContent {
        let subject: ObjectSubject
        let log: IBMFlowLog

        func key(_ part: FlowObjectFormat.Part, end: Timestamp, stream: Timestamp, counter: Int) -> String {
            IBMObjectKey(
                placement: subject.placement, part: part, region: subject.region, windowEnd: end, stream: stream,
                counter: counter
            ).description
        }

        func append(
            _ records: [FlowRecord], start: Timestamp, end: Timestamp, hasLoss: Bool, to line: inout ByteLine
        ) -> [(name: String, value: String)] {
            log.append(records, windowStart: start, windowEnd: end, hasLoss: hasLoss, to: &line)
        }
    }
}
