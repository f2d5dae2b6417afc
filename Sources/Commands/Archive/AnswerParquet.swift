import Archive
import Host
import Model
import Parquet
import Query
import Records
import Terminal

/// Writes an answer as a Parquet file: to standard output, or whole to a file. How complete it is stands in the file's metadata,
/// under `completeness`, as JSON.
enum AnswerParquet {
    static func write(_ answer: FlowAnswer, to path: String?) throws {
        let columns = answer.names.enumerated().map { place, name in column(name, place, answer.rows) }
        var writer = try ParquetWriter(columns.map(\.column))
        for start in stride(from: 0, to: answer.rows.count, by: 1 << 18) {
            let rows = answer.rows[start..<min(answer.rows.count, start + 1 << 18)]
            try writer.append(columns.enumerated().map { place, column in column.vector(rows.map { $0[place] }) })
        }
        var line = ByteLine()
        line.append(json: answer.completeness.datum)
        writer.finish(metadata: ["completeness": line.text])
        if let path {
            try DurableFile.replace(path, with: writer.takeBytes())
        } else {
            Console.write(writer.takeBytes())
        }
    }

    private struct Written {
        let column: Column
        let vector: ([AnswerValue]) -> ColumnVector
    }

    /// A column's type follows from its name; that of a sum from its values: one beyond 64 bits is a text.
    private static func column(_ name: String, _ place: Int, _ rows: [[AnswerValue]]) -> Written {
        let values = rows.lazy.map { $0[place] }
        switch FlowColumn(rawValue: name)?.kind {
        case .text, .word: return texts(name)
        case .address: return addresses(name)
        case .instant: return instants(name)
        case .number: return numbers(name)
        case nil: break
        }
        if name == "time" || values.contains(where: { if case .instant = $0 { true } else { false } }) {
            return instants(name)
        }
        let isWide = values.contains { if case .number(let number) = $0 { number > UInt64.max } else { false } }
        return isWide ? texts(name) : numbers(name)
    }

    private static func texts(_ name: String) -> Written {
        Written(column: Column(name, .string)) { values in
            ColumnVector(
                texts: values.map { value in
                    switch value {
                    case .text(let text): text
                    case .number(let number): String(number)
                    case .absent, .instant, .address: nil
                    }
                })
        }
    }

    private static func numbers(_ name: String) -> Written {
        Written(column: Column(name, .uint64)) { values in
            ColumnVector(
                integers: values.map {
                    if case .number(let number) = $0 {
                        Int64(bitPattern: UInt64(truncatingIfNeeded: number))
                    } else {
                        nil
                    }
                })
        }
    }

    private static func instants(_ name: String) -> Written {
        Written(column: Column(name, .timestamp)) { values in
            ColumnVector(integers: values.map { if case .instant(let instant) = $0 { instant } else { nil } })
        }
    }

    private static func addresses(_ name: String) -> Written {
        Written(column: Column(name, .fixed16)) { values in
            ColumnVector(fixed16: values.map { if case .address(let address) = $0 { UInt128(address) } else { nil } })
        }
    }
}
