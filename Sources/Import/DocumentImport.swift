import Archive

/// Tells a file that is one document from one of lines, by its beginning.
enum DocumentGuess {
    static func isDocument(_ bytes: [UInt8], _ wanted: ImportFormat?) -> Bool {
        switch wanted {
        case .ibm, .azure: return true
        case .aws, .zeek, .suricata, .gcp, .hubble, .neutron, .ovn, .argus, .pcap: return false
        case .netflow, nil: break
        }
        let first = bytes.first { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }
        // Of formats that begin with a list nfdump's is the only one, and no line of another begins so.
        if first == UInt8(ascii: "[") { return true }
        guard let first, first == UInt8(ascii: "{"), wanted == nil else { return false }
        let start = bytes.firstIndex(of: first) ?? 0
        let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
        guard let value = JSONValue(parsing: bytes[start..<end]) else { return true }
        return value["flow_logs"] != nil || value["records"] != nil
    }
}

/// Imports a file that is one document.
enum DocumentImport {
    static func read(_ bytes: [UInt8], _ path: String, _ wanted: ImportFormat?, _ importer: inout Importer) throws {
        guard let document = JSONValue(parsing: bytes[...]) else {
            throw InputFile.Fault(description: "it is no whole JSON document, and no format of lines fits it")
        }
        let format: ImportFormat
        let reader: any DocumentReader
        if wanted == .ibm || wanted == nil && IBMReader.fits(document) {
            (format, reader) = (.ibm, IBMReader())
        } else if wanted == .azure || wanted == nil && AzureReader.fits(document) {
            (format, reader) = (.azure, AzureReader())
        } else if NfdumpDocument.fits(document) {
            (format, reader) = (.netflow, NfdumpDocument())
        } else {
            throw InputFile.Fault(description: "no format fits the document; name one with --format")
        }
        try importer.read(document, reader, format, path)
    }
}

/// Lines where a document is wanted.
struct NoLines: LineReader {
    var context: [UInt8] { [] }

    mutating func read(_ line: ArraySlice<UInt8>, into batch: inout FlowBatch) -> LineOutcome {
        .bad("a document of JSON is wanted")
    }
}
