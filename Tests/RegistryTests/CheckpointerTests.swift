import Dispatch
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Registry

@Suite struct CheckpointerTests {
    /// Writes 16 MB in small commits that follow each other without a pause; how large the log got.
    private func write(_ folder: String, _ checkpointer: (String) throws -> Checkpointer) async throws -> Int {
        let path = "\(folder)/registry.sqlite"
        var configuration = Configuration()
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA wal_autocheckpoint = 0") }
        let pool = try DatabasePool(path: path, configuration: configuration)
        try await pool.write { try $0.execute(sql: "CREATE TABLE parcel (number INTEGER PRIMARY KEY, content BLOB)") }
        let queue = CommitQueue(pool, try checkpointer(path))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for writer in 0..<4 {
                tasks.addTask {
                    for round in 0..<1000 {
                        try await queue.submit { database in
                            try database.execute(
                                sql: "INSERT INTO parcel VALUES (?, zeroblob(4000))", arguments: [writer * 1000 + round]
                            )
                        }
                    }
                }
            }
            try await tasks.waitForAll()
        }
        let rows = try await pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM parcel") }
        #expect(rows == 4000)
        let log = try FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int
        return try #require(log)
    }

    @Test func `the log begins anew though changes never pause`() async throws {
        try await withScratchFolder { folder in
            let log = try await write(folder) {
                try Checkpointer(path: $0, pages: 100, pause: .milliseconds(10))
            }
            #expect(log < 12 << 20)
        }
        // All that was written is in a log of which nothing is taken.
        try await withScratchFolder { folder in
            let log = try await write(folder) { try Checkpointer(path: $0, pages: .max, pause: .seconds(1000)) }
            #expect(log > 16 << 20)
        }
    }
}
