import Model
import Testing

@testable import Records

/// A further format of flow-log objects is one type and one entry of a list: this one is known to nothing else.
private struct CountFormat: ObjectFormat {
    let name = "count"
    let summary = "how many records there are"
    let columns: ObjectColumns? = ObjectColumns(known: ["records"], usual: ["records"], origin: "counted")
    let parts = [FlowObjectFormat.Part.all]
    let keyPrefix = "counts/"
    let namesPeers = false

    func place(key: String) -> FlowObjectPlace? {
        let parts = key.split(separator: "/")
        guard parts.count == 3, let interface = Identifier<Interface>(parts[1]), let hour = Int64(parts[2]) else {
            return nil
        }
        return FlowObjectPlace(interface: interface, hour: hour)
    }

    func content(_ subject: ObjectSubject) -> any ObjectContent { Content(interface: subject.placement.interface) }

    private struct Content: ObjectContent {
        let interface: Identifier<Interface>

        func key(_ part: FlowObjectFormat.Part, end: Timestamp, stream: Timestamp, counter: Int) -> String {
            "counts/\(interface)/\(end.seconds / 3600)"
        }

        func append(
            _ records: [FlowRecord], start: Timestamp, end: Timestamp, hasLoss: Bool, to line: inout ByteLine
        ) -> [(name: String, value: String)] {
            line.append(decimal: records.count)
            return [("state", hasLoss ? "skip data" : "ok")]
        }
    }
}

@Suite struct FurtherFormatTests {
    private let formats = ObjectFormats(ObjectFormats.standard.all + [CountFormat()])
    private let shop: Shop

    init() throws { shop = try Shop() }

    @Test func `a further format is chosen, written and found again`() throws {
        let format = try FlowLogFormat(format: "count", fields: [], among: formats)
        #expect(format == FlowLogFormat(name: "count", columns: ["records"]))
        let collector = Collector(
            id: Identifier(derivedFrom: "c"), name: "c", target: .vpc("shop"), bucket: "file:b", format: format)
        let objects = try #require(
            FlowObjectFormat(
                collector: collector, placement: shop.web,
                names: .init(shop.catalogue, host: "h", for: [format], of: formats), region: "r"))
        var line = ByteLine()
        let end = Timestamp(seconds: 1_793_700_960)
        _ = objects.append([shop.record()], start: end, end: end, hasLoss: false, to: &line)
        #expect(line.text == "1")
        let key = objects.key(.all, end: end, stream: end, counter: 0)
        #expect(formats.place(key: key) == FlowObjectPlace(interface: shop.web.interface, hour: end.seconds / 3600))
        #expect(formats.keyPrefixes.last == "counts/")
    }

    @Test func `a format of another release is nobody's here`() throws {
        let collector = Collector(
            id: Identifier(derivedFrom: "c"), name: "c", target: .vpc("shop"), bucket: "file:b",
            format: FlowLogFormat(name: "count"))
        #expect(
            FlowObjectFormat(
                collector: collector, placement: shop.web,
                names: .init(shop.catalogue, host: "h", for: [collector.format]),
                region: "r") == nil)
        let fault = #expect(throws: FlowLogFormat.Fault.self) { try FlowLogFormat(format: "count", fields: []) }
        #expect(fault?.message == "\"count\" is no format")
    }
}
