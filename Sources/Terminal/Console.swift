import ArgumentParser
import Foundation

/// Standard output for answers, standard error for talk, colour on terminals only.
package enum Console {
    package static func tell(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }

    /// Says that a file is left out of the answer.
    package static func warnUnreadable(_ path: String, _ error: any Error) {
        tell("gatehouse: \(path) cannot be read (\(error)); what it names is shown by its id")
    }

    /// Writes a part of the answer; an answer that cannot be written whole ends the program.
    package static func write(_ bytes: [UInt8]) {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data(bytes))
        } catch {
            tell("gatehouse: standard output: \(error.localizedDescription)")
            Foundation.exit(1)
        }
    }

    package static let hasColour: Bool =
        isatty(1) == 1 && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty
        && ProcessInfo.processInfo.environment["TERM"] != "dumb"

    package enum Colour: String {
        case green = "32"
        case red = "31"
        case yellow = "33"
        case dim = "2"
        case bold = "1"
    }

    package static func paint(_ text: String, _ colour: Colour, isOn: Bool = hasColour) -> String {
        isOn ? "\u{1b}[\(colour.rawValue)m\(text)\u{1b}[0m" : text
    }
}

/// Writes a line of the answer at once, so that it keeps its order with what is written as bytes.
package func print(_ line: some CustomStringConvertible) {
    Console.write(Array((line.description + "\n").utf8))
}
