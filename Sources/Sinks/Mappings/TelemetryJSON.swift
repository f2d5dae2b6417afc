import Model
import Records

/// `ExportLogsServiceRequest` as JSON: keys in lower camel case, numbers of 64 bits as texts.
enum TelemetryJSON {
    static func body(_ batch: RecordBatch, _ fields: inout RecordFields) -> [UInt8] {
        var line = ByteLine(capacity: batch.bytes.count * 3)
        var isFirst = true
        var logs = ByteLine(capacity: batch.bytes.count * 3)
        var host: [UInt8] = []
        batch.forEach(&fields) { _, record in
            if host.isEmpty { host = Array(record.json(.host) ?? []) }
            if !isFirst { logs.append(UInt8(ascii: ",")) }
            isFirst = false
            append(record, to: &logs)
        }
        line.append(
            #"{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"gatehouse"}},"#)
        line.append(#"{"key":"host.name","value":{"stringValue":""#)
        line.append(host)
        line.append(#""}}]},"scopeLogs":[{"scope":{"name":"gatehouse."#)
        line.append(batch.source.rawValue)
        line.append(#"","version":"1.0"},"logRecords":["#)
        line.append(logs.bytes)
        line.append("]}]}]}")
        return line.bytes
    }

    private static func append(_ record: RecordFields, to line: inout ByteLine) {
        let severity = record.severity.ofTelemetry
        JSONObjectWriter.object(&line) { log, line in
            for key in ["timeUnixNano", "observedTimeUnixNano"] as [StaticString] {
                log.begin(key, &line)
                line.append(UInt8(ascii: "\""))
                line.append(decimal: Int(max(record.time, 0)))
                line.append(UInt8(ascii: "\""))
            }
            log.number("severityNumber", severity.number, &line)
            log.word("severityText", severity.text, &line)
            log.string("eventName", TelemetryAttributes.eventName(record), &line)
            log.object("body", &line) { $0.string("stringValue", record.sentence, &$1) }
            log.begin("attributes", &line)
            line.append(#"[{"key":"gatehouse.record.id","value":{"stringValue":""#)
            record.appendID(to: &line)
            line.append(#""}}"#)
            TelemetryAttributes.forEach(record) { name, key, value in
                line.append(#",{"key":""#)
                line.append(name)
                line.append(#"","value":{"#)
                switch value {
                case .text: line.append(#""stringValue":""#)
                case .number: line.append(#""intValue":""#)
                }
                line.append(record.json(key) ?? [])
                line.append(#""}}"#)
            }
            line.append(UInt8(ascii: "]"))
        }
    }
}
