import Buckets
package import Model

/// What is logged while a bucket refuses: each fact once an hour, under the VPC service's codes where it has one.
package struct RefusalLog: Sendable {
    private static let interval = Duration.seconds(3600)
    private var told: [String: Timestamp] = [:]

    package init() {}

    /// The line for a refusal; nil where the same was told within the hour.
    package mutating func line(_ error: DeliveryError, bucket: String, at now: Timestamp) -> String? {
        let code = Self.code(error)
        guard isDue("\(code ?? "") \(bucket)", now) else { return nil }
        return
            "\(code.map { "is.flow-log-collector.\($0) " } ?? "")bucket \"\(bucket)\": \(error); its records are kept for "
            + "24 h"
    }

    /// The lines for spans of these interfaces that were dropped, one an instance.
    package mutating func lines(
        dropped placements: [Placement], since start: Timestamp, bucket: String, at now: Timestamp
    ) -> [String] {
        Set(placements.map(\.instanceName)).sorted().compactMap { instance in
            guard isDue("dropped \(instance) \(bucket)", now) else { return nil }
            return
                "is.flow-log-collector.00001E instance \(instance): flow logs from \(start.text(fractionDigits: 0)) on are "
                + "dropped, for bucket \"\(bucket)\" has refused them for 24 h"
        }
    }

    private static func code(_ error: DeliveryError) -> String? {
        guard case .bucket(let refusal) = error else { return nil }
        return switch refusal {
        case .missing: "00003E"
        case .notAuthorized, .badCredentials, .clockSkew: "00002E"
        default: nil
        }
    }

    private mutating func isDue(_ fact: String, _ now: Timestamp) -> Bool {
        if let last = told[fact], now < last.advanced(by: Self.interval) { return false }
        told[fact] = now
        return true
    }
}
