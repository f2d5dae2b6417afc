import Foundation
import Host

/// The findings of a scan that was kept: what a later one is compared with.
package struct PostureBaseline: Sendable {
    package let ids: Set<String>

    /// What is wrong with a file that should be a baseline.
    package struct Fault: Error, CustomStringConvertible {
        package let description: String
    }

    /// Reads the JSON that a scan wrote.
    package init(file path: String) throws {
        guard let bytes = try DurableFile.read(path) else {
            throw Fault(description: "there is no file \(path); write one with --output json")
        }
        struct Row: Decodable { let id: String }
        do {
            ids = Set(try JSONDecoder().decode([Row].self, from: Data(bytes)).map(\.id))
        } catch {
            throw Fault(description: "\(path) is not what a scan writes with --output json")
        }
    }
}
