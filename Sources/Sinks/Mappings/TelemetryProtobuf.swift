import Model
import Records

/// `ExportLogsServiceRequest` as protobuf.
enum TelemetryProtobuf {
    static func body(_ batch: RecordBatch, _ fields: inout RecordFields) -> [UInt8] {
        var logs = ProtobufWriter()
        var host: [UInt8] = []
        var log = ProtobufWriter()
        batch.forEach(&fields) { _, record in
            if host.isEmpty { host = Array(record.value(.host) ?? []) }
            log.removeAll()
            write(record, &log)
            logs.text(2, log.bytes)
        }
        return assembled(batch, host, logs.bytes)
    }

    private static func assembled(_ batch: RecordBatch, _ host: [UInt8], _ logs: [UInt8]) -> [UInt8] {
        var scope = ProtobufWriter()
        scope.message(1) { scope in
            scope.text(1, "gatehouse.\(batch.source.rawValue)")
            scope.text(2, "1.0")
        }
        var resource = ProtobufWriter()
        resource.message(1) { resource in
            attribute(1, "service.name", .text(Array("gatehouse".utf8)[...]), &resource)
            attribute(1, "host.name", .text(host[...]), &resource)
        }
        resource.text(2, scope.bytes + logs)
        var request = ProtobufWriter()
        request.text(1, resource.bytes)
        return request.bytes
    }

    private static func write(_ record: RecordFields, _ log: inout ProtobufWriter) {
        let time = UInt64(max(record.time, 0))
        let severity = record.severity.ofTelemetry
        log.fixed(1, time)
        log.number(2, UInt64(severity.number))
        log.text(3, severity.text.description)
        log.message(5) { $0.text(1, record.sentence) }
        attribute(6, "gatehouse.record.id", .text(record.idBytes), &log)
        TelemetryAttributes.forEach(record) { name, _, value in attribute(6, name, value, &log) }
        log.fixed(11, time)
        log.text(12, TelemetryAttributes.eventName(record))
    }

    private static func attribute(
        _ field: Int, _ name: String, _ value: TelemetryAttributes.Value, _ writer: inout ProtobufWriter
    ) {
        writer.message(field) { pair in
            pair.text(1, name)
            pair.message(2) { any in
                switch value {
                case .text(let text): any.text(1, text)
                case .number(let number): any.number(3, number)
                }
            }
        }
    }

    /// `partial_success` of an answer: how many were refused, and why; nil where none were.
    static func partial(_ bytes: [UInt8]) -> (count: String, reason: String)? {
        var outer = ProtobufReader(bytes[...])
        while let field = outer.next() {
            guard field.number == 1, case .bytes(let body) = field.value else { continue }
            var (count, reason) = (UInt64(0), "")
            var inner = ProtobufReader(body)
            while let field = inner.next() {
                switch (field.number, field.value) {
                case (1, .number(let number)): count = number
                case (2, .bytes(let text)): reason = String(decoding: text.prefix(300), as: UTF8.self)
                default: break
                }
            }
            return count == 0 ? nil : (String(count), reason)
        }
        return nil
    }
}
