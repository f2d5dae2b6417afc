import Foundation

/// Why a call of the plugin fails, as CNI's runtimes read it.
struct CNIError: Error, Equatable {
    /// The numbers of the specification; from 100 on they are a plugin's own.
    enum Code: Int {
        case incompatibleVersion = 1
        case unknownContainer = 3
        case badEnvironment = 4
        case inputOutput = 5
        case unreadable = 6
        case badConfiguration = 7
        /// What fails now may succeed soon: no agent answers.
        case tryAgain = 11
        /// STATUS: no container can be added now.
        case notAvailable = 50
        /// The agent refuses the interface; nothing was changed.
        case refused = 100
        /// CHECK: the container's interface is not judged as it was added.
        case notInForce = 101
    }

    let code: Code
    let message: String
    let details: String

    init(_ code: Code, _ message: String, _ details: String = "") {
        self.code = code
        self.message = message
        self.details = details
    }

    func json(version: String) -> [UInt8] {
        struct Words: Encodable {
            let cniVersion: String
            let code: Int
            let msg: String
            let details: String?
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let words = Words(
            cniVersion: version, code: code.rawValue, msg: message, details: details.isEmpty ? nil : details)
        return Array((try? encoder.encode(words)) ?? Data()) + Array("\n".utf8)
    }
}
