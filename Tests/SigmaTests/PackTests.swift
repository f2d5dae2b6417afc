import Foundation
import Testing

@testable import Sigma

/// The rules that come with the product.
@Suite struct PackTests {
    @Test func `the pack is read, and what it correlates is told by correlations`() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "deploy/sigma").path
        let rules = try SigmaRules(path: folder)
        #expect(rules.count == 9)
        #expect(rules.silent.isEmpty == false)
        #expect(Set(rules.rules.map(\.id) + rules.correlations.map(\.id)).count == 9)
    }
}
