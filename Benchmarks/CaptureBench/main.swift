import Archive
import Foundation
import Host
import Import
import Packets

// Measures the meter of captures on one core: `capture-bench [PACKETS] [FLOWS] [FILE]`. With FILE the capture is written there
// as well, for nfpcapd and others. Packets are read in pieces as `gatehouse import` reads them.

/// A capture of TCP packets of Ethernet, cut to 64 bytes, of flows with a long tail: a few have most packets.
struct CaptureGenerator {
    private var state: UInt64 = 15
    private let flows: UInt64
    private var instant: UInt64 = 1_767_225_600_000_000

    init(flows: Int) { self.flows = UInt64(flows) }

    private mutating func random() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state ^ state >> 33) &* 0xff51_afd7_ed55_8ccd >> 16
    }

    private static func little32(_ number: UInt64) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * $0)) }
    }

    private static func big32(_ number: UInt64) -> [UInt8] { little32(number).reversed() }

    static var heading: [UInt8] {
        [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0] + [UInt8](repeating: 0, count: 8) + [64, 0, 0, 0, 1, 0, 0, 0]
    }

    mutating func packet() -> [UInt8] {
        // The smaller of three numbers: the first tenth of the flows has a quarter of the packets.
        let flow = min(random() % flows, random() % flows, random() % flows)
        let isBack = random() % 2 == 0
        let length = random() % 10 < 5 ? 52 : 40 + random() % 1460
        instant += random() % 3
        let ends = [Self.big32(0x0a00_0000 + flow % 65_521), Self.big32(0x0a80_0000 + flow % 241)]
        let ports = [[UInt8(truncatingIfNeeded: 128 + flow % 100), UInt8(truncatingIfNeeded: flow)], [1, 187]]
        var bytes = Self.little32(instant / 1_000_000) + Self.little32(instant % 1_000_000)
        bytes += Self.little32(64) + Self.little32(14 + length)
        bytes += [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, UInt8(length >> 8), UInt8(length & 255)]
        bytes += [0, 1, 0x40, 0, 64, 6, 0, 0] + ends[isBack ? 1 : 0] + ends[isBack ? 0 : 1]
        bytes += ports[isBack ? 1 : 0] + ports[isBack ? 0 : 1] + [0, 0, 0, 1, 0, 0, 0, 1, 0x50, 16]
        return bytes + [UInt8](repeating: 0, count: 16)
    }
}

let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
let packets = numbers.first ?? 5_000_000
let flows = numbers.dropFirst().first ?? 100_000
var generator = CaptureGenerator(flows: flows)
var content = CaptureGenerator.heading
content.reserveCapacity(packets * 80 + 24)
for _ in 0..<packets { content += generator.packet() }
let scratch = "\(NSTemporaryDirectory())/gatehouse-capture-bench-\(Machine.processID)"
try DurableFile.makeFolder(scratch)
let path = CommandLine.arguments.dropFirst(3).first ?? "\(scratch)/generated.pcap"
do {
    let file = try DurableFile.create(path)
    try file.writeAll(content)
}
let pieces = stride(from: 0, to: content.count, by: 1 << 18).map {
    Array(content[$0..<min($0 + (1 << 18), content.count)])
}
print("\(packets) packets of \(flows) flows, \(content.count / packets) bytes each")
for run in 1...3 {
    var meter = CaptureMeter()
    var (records, counted) = (0, UInt64(0))
    let start = SystemClock.monotonic
    func drain() {
        for flow in meter.takeFlows() {
            records += 1
            counted += flow.packetsFromInitiator + flow.packetsFromTarget
        }
    }
    for piece in pieces {
        try meter.add(piece)
        drain()
    }
    try meter.finish()
    let read = SystemClock.monotonic
    while meter.endNext(8192) { drain() }
    drain()
    let end = SystemClock.monotonic
    guard counted == UInt64(packets) else { fatalError("\(counted) of \(packets) packets are in records") }
    let rate = Double(packets) / Double(end - start) * 1000
    let ending = Double(end - read) / 1e6
    print(
        String(
            format: "run %d: %.2f M packets/s, %d records, %.1f ms of it to end what is open", run, rate, records,
            ending))
}
// The same from a file into an archive: reading, identities, segments, two syncs a folder.
let folder = ArchiveFolder("\(scratch)/archive")
let began = SystemClock.monotonic
var importer = try Importer(folder, try ArchiveWriter(folder, try folder.claim()), format: nil, fields: nil)
try importer.read(path)
try importer.finish()
let whole = Double(packets) / Double(SystemClock.monotonic - began) * 1000
print(String(format: "import of the file: %.2f M packets/s; ", whole) + importer.result.summary)
try FileManager.default.removeItem(atPath: scratch)
