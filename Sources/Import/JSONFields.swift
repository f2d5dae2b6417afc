import Archive
import Records

/// Reads the members of a log's object into a batch; what is absent or null stays absent.
struct JSONFields {
    let value: JSONValue

    func number(_ path: String, most: UInt64 = .max) throws(BadLine) -> UInt64? {
        guard let found = value.at(path) else { return nil }
        guard let digits = found.bytes else { throw BadLine("\(path): it is no number") }
        return try FieldValues.number(digits, path, most: most)
    }

    func address(_ path: String) throws(BadLine) -> UInt128? {
        guard let found = value.at(path) else { return nil }
        guard let text = found.bytes else { throw BadLine("\(path): it is no address") }
        return try FieldValues.address(text, path)
    }

    func instant(_ path: String) throws(BadLine) -> Int64? {
        guard let found = value.at(path) else { return nil }
        guard let text = found.bytes else { throw BadLine("\(path): it is no time") }
        return try FieldValues.instant(text, path)
    }

    /// The instant at a path, or where there is none at another one.
    func instant(_ path: String, else other: String, of fields: JSONFields) throws(BadLine) -> Int64? {
        if let instant = try instant(path) { return instant }
        return try fields.instant(other)
    }

    func text(_ path: String) -> ArraySlice<UInt8>? {
        guard let text = value.at(path)?.bytes, !text.isEmpty else { return nil }
        return text
    }

    func word(_ path: String) -> String? { value.at(path)?.string }

    func set(_ column: FlowColumn, text path: String, _ batch: inout FlowBatch) {
        if let text = text(path) { batch.set(column, text: text) }
    }

    func set(_ column: FlowColumn, number path: String, _ batch: inout FlowBatch, most: UInt64 = .max) throws(BadLine) {
        if let number = try number(path, most: most) { batch.set(column, number: number) }
    }

    func set(_ column: FlowColumn, address path: String, _ batch: inout FlowBatch) throws(BadLine) {
        if let address = try address(path) { batch.set(column, address: address) }
    }
}
