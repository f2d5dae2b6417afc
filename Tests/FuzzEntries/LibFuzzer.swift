import Foundation
import Host

/// What libFuzzer calls; `GATEHOUSE_FUZZ` names the entry.
private let entry = FuzzEntry(rawValue: ChildProcess.inheritedEnvironment()["GATEHOUSE_FUZZ"] ?? "")

/// Writes the entry's seeds into the folder `GATEHOUSE_FUZZ_CORPUS`.
@_cdecl("LLVMFuzzerInitialize") func initialize(
    _ count: UnsafeMutableRawPointer?, _ arguments: UnsafeMutableRawPointer?
) -> CInt {
    guard let entry else {
        let names = FuzzEntry.allCases.map(\.rawValue).joined(separator: ", ")
        print("GATEHOUSE_FUZZ must be one of \(names)")
        exit(2)
    }
    guard let folder = ChildProcess.inheritedEnvironment()["GATEHOUSE_FUZZ_CORPUS"] else { return 0 }
    do {
        for (index, seed) in try entry.seeds().enumerated() {
            try Data(seed).write(to: URL(filePath: "\(folder)/seed-\(index)"))
        }
    } catch {
        print("the corpus cannot be written: \(error)")
        exit(2)
    }
    return 0
}

@_cdecl("LLVMFuzzerTestOneInput") func test(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do {
        try entry?.feed(Array(UnsafeBufferPointer(start: data, count: count)))
    } catch {
        print(error)
        abort()
    }
    return 0
}
