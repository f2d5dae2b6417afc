import Foundation
import Host
import Model
import Records

/// Records as lines in a mapping.
struct LineRenderer {
    private let mapping: any RecordMapping
    private var fields = RecordFields()

    init(_ format: SinkFormat?) { mapping = (format ?? .json).mapping }

    mutating func lines(_ batch: RecordBatch) -> [UInt8] {
        let mapping = mapping
        var line = ByteLine(capacity: batch.bytes.count * 2)
        batch.forEach(&fields) { _, record in
            mapping.append(record, to: &line)
            line.append(UInt8(ascii: "\n"))
        }
        return line.bytes
    }
}

/// Lines in a file, which is set aside when it has grown.
final class FileCarrier: SinkCarrier {
    private var renderer: LineRenderer
    private let file: FileSink

    init(_ sink: Sink, folder: String) throws(SinkFault) {
        renderer = LineRenderer(sink.format)
        let path = sink.address.path.hasPrefix("/") ? sink.address.path : "\(folder)/\(sink.address.path)"
        do {
            file = try FileSink(path: path)
        } catch {
            throw SinkFault(.settings("\(error)"))
        }
    }

    func send(_ batch: RecordBatch) async -> SinkAnswer {
        do {
            try file.take(renderer.lines(batch))
            return .taken
        } catch {
            return .later("\(error)")
        }
    }
}

/// Lines on the agent's standard output.
final class OutputCarrier: SinkCarrier {
    private var renderer: LineRenderer

    init(_ sink: Sink) { renderer = LineRenderer(sink.format) }

    func send(_ batch: RecordBatch) async -> SinkAnswer {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data(renderer.lines(batch)))
            return .taken
        } catch {
            return .later("standard output: \(error.localizedDescription)")
        }
    }
}

/// Lines in the body of a POST request; any 2xx has all of them.
final class HTTPLinesCarrier: SinkCarrier {
    private var renderer: LineRenderer
    private let poster: HTTPPoster
    private let path: String
    private let authorization: SinkAuthorization
    private let type: String

    init(_ sink: Sink) throws(SinkFault) {
        renderer = LineRenderer(sink.format)
        poster = try HTTPPoster(sink, compresses: false)
        path = sink.address.path.isEmpty ? "/" : sink.address.path
        authorization = SinkAuthorization(sink)
        type = (sink.format ?? .json).isJSON ? "application/x-ndjson" : "text/plain; charset=utf-8"
    }

    func send(_ batch: RecordBatch) async -> SinkAnswer {
        do throws(SinkFault) {
            let headers = [("content-type", type)] + (try authorization.headers())
            return try await poster.post(path, headers, renderer.lines(batch)).usual
        } catch {
            return error.answer
        }
    }

    func close() async { await poster.close() }
}
