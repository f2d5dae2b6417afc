package import CoreMetrics
import Synchronization

/// What a program's components count, told in Prometheus' text format (version 0.0.4).
///
/// Components name their metrics in full (`gatehouse_agent_records_total`), each in its `Metrics.swift`; the store adds
/// nothing to a name. A program has one store, and hands it to its components: two programs in one process count apart.
package final class MetricsStore: MetricsFactory {
    /// A metric with one set of labels.
    private struct Key: Hashable {
        let name: String
        let labels: String
    }

    private struct Entry {
        let kind: String
        let value: Value
    }

    private let entries = Mutex<[Key: Entry]>([:])

    package init() {}

    /// The content type of `text`.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Every metric that was made, in the order of their names.
    package var text: String {
        let all = entries.withLock { entries in
            entries.sorted { ($0.key.name, $0.key.labels) < ($1.key.name, $1.key.labels) }
        }
        var lines = ""
        var last = ""
        for (key, entry) in all {
            if key.name != last { lines += "# TYPE \(key.name) \(entry.kind)\n" }
            last = key.name
            lines += "\(key.name)\(key.labels) \(entry.value.text)\n"
        }
        return lines
    }

    private func value(_ name: String, _ dimensions: [(String, String)], kind: String) -> Value {
        let key = Key(name: name, labels: Self.labels(dimensions))
        return entries.withLock { entries in
            if let known = entries[key] { return known.value }
            let value = Value()
            entries[key] = Entry(kind: kind, value: value)
            return value
        }
    }

    private static func labels(_ dimensions: [(String, String)]) -> String {
        guard !dimensions.isEmpty else { return "" }
        let parts = dimensions.map { name, value in
            let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
            return "\(name)=\"\(escaped)\""
        }
        return "{\(parts.joined(separator: ","))}"
    }

    // MARK: MetricsFactory

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        value(label, dimensions, kind: "counter")
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        value(label, dimensions, kind: "gauge")
    }

    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        value(label, dimensions, kind: "gauge")
    }

    /// The time that something took last, in seconds.
    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        value(label, dimensions, kind: "gauge")
    }

    package func destroyCounter(_ handler: any CounterHandler) { forget(handler) }
    package func destroyMeter(_ handler: any MeterHandler) { forget(handler) }
    package func destroyRecorder(_ handler: any RecorderHandler) { forget(handler) }
    package func destroyTimer(_ handler: any TimerHandler) { forget(handler) }

    private func forget(_ handler: Any) {
        guard let value = handler as? Value else { return }
        entries.withLock { entries in
            if let key = entries.first(where: { $0.value.value === value })?.key { entries[key] = nil }
        }
    }
}

/// One number.
private final class Value: CounterHandler, MeterHandler, RecorderHandler, TimerHandler {
    private let number = Mutex(0.0)

    var text: String {
        let number = number.withLock { $0 }
        // Whole numbers as such, as far as they are exact.
        return number == number.rounded() && abs(number) < 9e15 ? String(Int64(number)) : String(number)
    }

    func increment(by amount: Int64) { number.withLock { $0 += Double(amount) } }
    func reset() { number.withLock { $0 = 0 } }
    func set(_ value: Int64) { number.withLock { $0 = Double(value) } }
    func set(_ value: Double) { number.withLock { $0 = value } }
    func increment(by amount: Double) { number.withLock { $0 += amount } }
    func decrement(by amount: Double) { number.withLock { $0 -= amount } }
    func record(_ value: Int64) { set(value) }
    func record(_ value: Double) { set(value) }
    func recordNanoseconds(_ duration: Int64) { set(Double(duration) / 1e9) }
}

/// Numbers that somebody else keeps, told when the page is made.
extension MetricsStore {
    /// What is so at present.
    package func tell(_ name: String, _ value: Int) { Meter(label: name, factory: self).set(value) }

    /// What only grows.
    package func tell(total name: String, _ value: UInt64, _ dimensions: [(String, String)] = []) {
        let counter = Counter(label: name, dimensions: dimensions, factory: self)
        counter.reset()
        counter.increment(by: Int64(clamping: value))
    }
}
