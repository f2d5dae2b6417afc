import Model
import Records
import Registry
import Service

/// What Gatehouse's collectors have beyond IBM's, under the key `gatehouse`: `format`, `fields` and `interval`.
extension BodyObject {
    /// How a collector's objects are to be written; what the body leaves out is as it was.
    func flowLogFormat(from former: FlowLogFormat = .ibm) throws(VPCError) -> FlowLogFormat {
        if has("all_protocols") {
            throw .field(
                .badField, name("all_protocols"),
                "\(name("all_protocols")): it is no field any more; write \(name("format")): \"ibm+\".")
        }
        let format = try text("format")
        let fields = try texts("fields")
        guard format != nil || fields != nil else { return former }
        // Columns that were chosen stay while the format does.
        let kept = format == nil || format == former.name ? former.columns : []
        do {
            return try FlowLogFormat(format: format ?? former.name, fields: fields ?? kept)
        } catch {
            let field = name(error.part.rawValue)
            throw .field(
                error.part == .format ? .enumeration : .badField, field,
                "\(field): \(error.message); \(error.mend).", value: .string(String(error.value.prefix(100))))
        }
    }

    /// Seconds.
    func interval() throws(VPCError) -> Int? { try number("interval", Collector.intervals) }
}

extension ProjectView {
    /// The settings as answers show them; `fields` for AWS's lines only.
    func settings(of collector: StoredCollector) -> JSONObject {
        let format = collector.flowLogFormat
        var settings = JSONObject([("format", .string(format.name))])
        if !format.columns.isEmpty { settings["fields"] = .strings(format.columns) }
        settings["interval"] = .int(collector.interval)
        return settings
    }
}
