import Host

/// How Neutron's log is written on this host: the options of the section `[network_log]`, by Neutron's names.
///
/// * `rate_limit`: lines a second for each log, 100 or more; 0 is unlimited, unset is 100.
/// * `burst_limit`: how many lines may come at once, 25 or more; unset is 25.
/// * `local_output_log_base`: the file's path; unset is `events.log` in the data folder.
package struct NetworkLogSettings: Hashable, Sendable {
    package var rateLimit = 100
    package var burstLimit = 25
    package var outputPath: String?

    /// What is wrong with a file: its line, the value, the mend.
    package struct Fault: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    package init() {}

    /// Reads a file.
    package init(file: String) throws {
        guard let bytes = try DurableFile.read(file) else {
            throw Fault(description: "--config-file \(file): there is no such file")
        }
        try self.init(ini: String(decoding: bytes, as: UTF8.self), file: file)
    }

    /// Reads the section `[network_log]` of an INI file; other sections are other programs'.
    package init(ini text: String, file: String) throws(Fault) {
        var section = ""
        for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = raw.trimmed
            if line.isEmpty || line.hasPrefix("#") || line.hasPrefix(";") { continue }
            if line.hasPrefix("["), line.hasSuffix("]") {
                section = String(line.dropFirst().dropLast()).lowercased()
                continue
            }
            guard section == "network_log" else { continue }
            let parts = line.split(separator: "=", maxSplits: 1).map { String($0.trimmed) }
            let place = "\(file):\(index + 1)"
            guard parts.count == 2 else {
                throw Fault(description: "\(place): \"\(line)\" is no setting; write NAME = VALUE")
            }
            switch parts[0].lowercased() {
            case "rate_limit": rateLimit = try Self.number(parts[1], "rate_limit", minimum: 100, orZero: true, place)
            case "burst_limit": burstLimit = try Self.number(parts[1], "burst_limit", minimum: 25, orZero: false, place)
            case "local_output_log_base": outputPath = parts[1] == "<None>" ? nil : parts[1]
            default:
                throw Fault(
                    description: "\(place): unknown option \"\(parts[0])\"; known are rate_limit, burst_limit, "
                        + "local_output_log_base")
            }
        }
    }

    private static func number(
        _ text: String, _ name: String, minimum: Int, orZero: Bool, _ place: String
    ) throws(Fault) -> Int {
        guard let number = Int(text), number >= minimum || orZero && number == 0 else {
            let zero = orZero ? ", or 0 for unlimited" : ""
            throw Fault(description: "\(place): \(name) = \(text): give \(minimum) or more\(zero)")
        }
        return number
    }
}

extension StringProtocol {
    /// Without the spaces around it.
    fileprivate var trimmed: SubSequence {
        let isSpace: (Character) -> Bool = { $0.isWhitespace }
        guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) }) else {
            return self[startIndex..<startIndex]
        }
        return self[first...last]
    }
}
