import Documents
import Model
import Records

/// Reads the collectors, whose targets must exist.
struct CollectorReader {
    let project: String
    let vpcs: [VPC]

    func read(_ list: FileValue?) -> [Collector] {
        var names = NameRegister(kind: "collector")
        var targets: [Collector.Target: String] = [:]
        var collectors: [Collector] = []
        for value in list?.elements(of: "collectors") ?? [] {
            let known = ["name", "target", "bucket", "active", "format", "fields", "interval"]
            guard let fields = value.fields(known, former: ["all_protocols": "write format: ibm+ for true"]) else {
                continue
            }
            let name = names.read(fields)
            let place = fields.required("target", "vpc/NAME")
            let target = place.flatMap(readTarget)
            let bucket = fields.required("bucket", "\"file:FOLDER\"").flatMap(readBucket)
            let isActive = fields["active"]?.flag() ?? true
            let format = readFormat(fields)
            let interval = fields["interval"].flatMap(readInterval) ?? Collector.defaultInterval
            guard let target, let bucket else { continue }
            if let earlier = targets[target] {
                place?.report(
                    "target \"\(target)\" has collector \"\(earlier)\" already", mend: "keep one collector a target")
            }
            targets[target] = name
            collectors.append(
                Collector(
                    id: Identifier(derivedFrom: "collector", project, name), name: name, target: target,
                    bucket: bucket, isActive: isActive, format: format, interval: interval))
        }
        return collectors
    }

    /// The format with its fields; the default one, with a report, where they are none.
    private func readFormat(_ fields: FileFields) -> FlowLogFormat {
        let word = fields["format"].flatMap {
            $0.text("one of \(ObjectFormats.standard.names.joined(separator: ", "))")
        }
        let list = fields["fields"]
        let names =
            list.map { $0.isList ? $0.elements(of: "fields").compactMap { $0.text("a field") } : texts($0) } ?? []
        do throws(FlowLogFormat.Fault) {
            return try FlowLogFormat(format: word ?? FlowLogFormat.ibm.name, fields: names)
        } catch {
            (error.part == .format ? fields["format"] : list)?.report(error.message, mend: error.mend)
            return .ibm
        }
    }

    private func texts(_ value: FileValue) -> [String] { value.text("\"${srcaddr} ${dstaddr} …\"").map { [$0] } ?? [] }

    /// Seconds.
    private func readInterval(_ value: FileValue) -> Int? {
        guard let text = value.text("seconds") else { return nil }
        guard let seconds = Int(text), Collector.intervals.contains(seconds) else {
            let range = Collector.intervals
            value.report(
                "interval \"\(text.prefix(40))\" is not \(range.lowerBound) to \(range.upperBound) seconds",
                mend: "write whole seconds, as \(Collector.defaultInterval)")
            return nil
        }
        return seconds
    }

    private func readBucket(_ value: FileValue) -> String? {
        guard let bucket = value.text("\"file:FOLDER\"") else { return nil }
        guard ["file:", "s3://"].contains(where: { bucket.hasPrefix($0) && bucket.utf8.count > $0.utf8.count }) else {
            value.report(
                "bucket \"\(bucket)\" is neither file:FOLDER nor s3://BUCKET",
                mend: "write \"file:flowlogs\", \"file:/var/flowlogs\" or \"s3://flows?endpoint=https://HOST\"")
            return nil
        }
        guard bucket.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            value.report("bucket has a control character", mend: "write \"file:FOLDER\" with printable characters")
            return nil
        }
        return bucket
    }

    private func readTarget(_ value: FileValue) -> Collector.Target? {
        let forms = [
            "vpc": "vpc/V", "subnet": "subnet/V/S", "instance": "instance/V/I", "interface": "interface/V/I/N",
        ]
        let form = "vpc/V, subnet/V/S, instance/V/I or interface/V/I/N"
        guard let text = value.text(form) else { return nil }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard let wanted = forms[parts[0]], parts.count == wanted.split(separator: "/").count else {
            value.report("\"\(text)\" is not a target", mend: "write \(forms[parts[0]] ?? form)")
            return nil
        }
        guard let vpc = find(parts[1], "VPC", vpcs, \.name, value) else { return nil }
        switch parts[0] {
        case "vpc": return .vpc(parts[1])
        case "subnet":
            guard find(parts[2], "subnet", vpc.subnets, \.name, value) != nil else { return nil }
            return .subnet(vpc: parts[1], subnet: parts[2])
        default:
            guard let instance = find(parts[2], "instance", vpc.instances, \.name, value) else { return nil }
            guard parts.count == 4 else { return .instance(vpc: parts[1], instance: parts[2]) }
            guard find(parts[3], "interface", instance.interfaces, \.name, value) != nil else { return nil }
            return .interface(vpc: parts[1], instance: parts[2], interface: parts[3])
        }
    }

    private func find<Element>(
        _ name: String, _ kind: String, _ elements: [Element], _ key: (Element) -> String, _ value: FileValue
    ) -> Element? {
        if let element = elements.first(where: { key($0) == name }) { return element }
        value.report(
            "there is no \(kind) \"\(name)\"",
            mend: Suggestion.mend(name, among: elements.map(key), none: "define the \(kind) first"))
        return nil
    }
}
