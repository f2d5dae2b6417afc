import FlowExports

/// Feeds bytes as messages of an exporter, one behind the other.
enum ExportFeeder {
    static func feed(_ bytes: [UInt8]) throws {
        var decoder = ExportDecoder()
        do throws(ExportFault) {
            var place = 0
            while place < bytes.count {
                guard let end = try ExportDecoder.end(ofMessageIn: bytes, at: place, isWhole: true) else { break }
                try decoder.read(bytes, place..<end, from: "fuzz")
                place = end
            }
        } catch {
            // Refusing is right; the error must be able to tell itself.
            _ = "\(error)"
        }
        for flow in decoder.takeFlows() where flow.start == nil || flow.end == nil {
            throw FuzzEntry.Broken(description: "\(flow)")
        }
        _ = decoder.takeNotes()
    }

    static func seeds() -> [[UInt8]] {
        let (big16, big32) = (PacketBytes.big16, PacketBytes.big32)
        let fixed =
            big16(5) + big16(1) + big32(1000) + big32(1_767_225_600) + big32(0) + big32(9) + big32(0)
            + [UInt8](repeating: 3, count: 48)
        let fields = big16(8) + big16(4) + big16(22) + big16(4)
        let nine =
            big16(9) + big16(2) + big32(1000) + big32(1_767_225_600) + big32(9) + big32(3)
            + big16(0) + big16(16) + big16(256) + big16(2) + fields + big16(256) + big16(12) + big32(7) + big32(900)
        let ten =
            big16(10) + big16(52) + big32(1_767_225_600) + big32(9) + big32(3)
            + big16(2) + big16(20) + big16(256) + big16(2) + big16(0x8001) + big16(2) + big32(29_305)
            + big16(8) + big16(4) + big16(256) + big16(16) + [UInt8](repeating: 1, count: 12)
        return [fixed + nine + ten]
    }
}
