import Model

/// `aws`: AWS's text lines, of chosen columns.
struct AWSFormat: ObjectFormat {
    let name = "aws"
    let summary = "AWS's text lines, of the fields chosen"
    let columns: ObjectColumns? = ObjectColumns(
        known: AWSField.allCases.map(\.rawValue), usual: AWSField.defaultNames, origin: "AWS's")
    let parts = [FlowObjectFormat.Part.all]
    let keyPrefix = AWSObjectKey.prefix
    let namesPeers = false

    /// `…_YYYYMMDDTHHMMZ_HASH.log.gz`. A span that ends with a slot ends at the beginning of the next.
    func place(key: String) -> FlowObjectPlace? {
        let parts = (key.split(separator: "/").last ?? "").split(separator: "_").suffix(2).map(Array.init)
        guard parts.count == 2, parts[0].count == 14, parts[1].count == 48 + ".log.gz".count else { return nil }
        let stamp = parts[0]
        let digits = String(parts[1].prefix(32))
        guard let high = UInt64(digits.prefix(16), radix: 16), let low = UInt64(digits.suffix(16), radix: 16),
            let instant = TimeText.instant(
                "\(String(stamp[0..<4]))-\(String(stamp[4..<6]))-\(String(stamp[6..<8]))T"
                    + "\(String(stamp[9..<11])):\(String(stamp[11..<13])):00Z")
        else { return nil }
        return FlowObjectPlace(
            interface: Identifier(high: high, low: low), hour: (instant.seconds + AWSObjectKey.slot) / 3600)
    }

    func content(_ subject: ObjectSubject) -> any ObjectContent {
        let chosen = subject.collector.format.columns
        return Content(
            subject: subject,
            log: AWSFlowLog(
                columns: chosen.isEmpty ? AWSField.defaultNames : chosen, collector: subject.collector,
                placement: subject.placement,
                region: subject.region))
    }

    private struct Content: ObjectContent {
        let subject: ObjectSubject
        let log: AWSFlowLog

        func key(_ part: FlowObjectFormat.Part, end: Timestamp, stream: Timestamp, counter: Int) -> String {
            AWSObjectKey(
                collector: subject.collector, placement: subject.placement, region: subject.region, end: end,
                stream: stream, counter: counter
            ).description
        }

        func append(
            _ records: [FlowRecord], start: Timestamp, end: Timestamp, hasLoss: Bool, to line: inout ByteLine
        ) -> [(name: String, value: String)] {
            log.append(records, start: start, end: end, hasLoss: hasLoss, to: &line)
        }
    }
}
