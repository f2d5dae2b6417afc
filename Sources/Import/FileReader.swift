import Archive
import Packets

/// Reads one file in its format: lines, a document, or packets.
struct FileReader {
    private let path: String
    private let wanted: ImportFormat?
    private let fields: [String]?
    private let meter: MeterSettings
    private var splitter = LineSplitter()
    private var lines: FormatLines?
    /// The content of a file that is one document; nil where lines are read.
    private var document: [UInt8]?
    /// A capture; nil where lines are read.
    private var capture: CaptureImport?
    /// Messages of exporters; nil where lines are read.
    private var exports: ExportImport?
    private var hasBegun = false
    /// A larger document is refused: it is held whole.
    static let largestDocument = 64 << 20

    init(path: String, format: ImportFormat?, fields: [String]?, meter: MeterSettings) {
        (self.path, wanted, self.fields, self.meter) = (path, format, fields, meter)
    }

    mutating func add(_ bytes: [UInt8], _ importer: inout Importer) throws {
        if !hasBegun {
            hasBegun = true
            if CaptureImport.fits(bytes, wanted) {
                capture = CaptureImport(path, meter)
            } else if ExportImport.fits(bytes, wanted) {
                exports = ExportImport(path)
            } else if DocumentGuess.isDocument(bytes, wanted) {
                document = []
            }
        }
        if capture != nil {
            // Taken out, so that its tables are not copied.
            var capture = self.capture.take()
            defer { self.capture = capture }
            try capture?.add(bytes, &importer)
            return
        }
        if exports != nil {
            var exports = self.exports.take()
            defer { self.exports = exports }
            try exports?.add(bytes, &importer)
            return
        }
        if document != nil {
            document?.append(contentsOf: bytes)
            guard (document?.count ?? 0) <= Self.largestDocument else {
                document = nil
                throw InputFile.Fault(description: "the document has more than 64 MiB")
            }
            return
        }
        let (path, wanted, fields) = (path, wanted, fields)
        // Taken out, so that its tables are not copied.
        var lines = self.lines.take()
        defer { self.lines = lines }
        try splitter.add(bytes) { line, number in
            try Self.take(line, number, path, wanted, fields, &lines, &importer)
        }
    }

    /// Takes in what is open of a file that cannot be read on.
    mutating func abandon(_ importer: inout Importer) throws {
        var capture = self.capture.take()
        try capture?.endFlows(&importer)
    }

    mutating func finish(_ importer: inout Importer) throws {
        if !hasBegun, wanted == .pcap { capture = CaptureImport(path, meter) }
        if capture != nil {
            var capture = self.capture.take()
            defer { self.capture = capture }
            try capture?.finish(&importer)
            return
        }
        if exports != nil {
            try exports?.finish(&importer)
            return
        }
        if let document { return try DocumentImport.read(document, path, wanted, &importer) }
        let (path, wanted, fields) = (path, wanted, fields)
        var lines = self.lines.take()
        defer { self.lines = lines }
        try splitter.finish { line, number in
            try Self.take(line, number, path, wanted, fields, &lines, &importer)
        }
    }

    private static func take(
        _ line: LineSplitter.Line, _ number: Int, _ path: String, _ wanted: ImportFormat?, _ fields: [String]?,
        _ lines: inout FormatLines?, _ importer: inout Importer
    ) throws {
        guard case .whole(let bytes) = line else {
            return importer.complain(path, number, "the line has more than 64 KiB")
        }
        guard bytes.contains(where: { $0 != UInt8(ascii: " ") && $0 != 9 }) else { return importer.takeBlankLine() }
        guard bytes.allSatisfy({ $0 < 0x80 }) || String(validating: bytes, as: UTF8.self) != nil else {
            return importer.complain(path, number, "the line is not UTF-8")
        }
        if lines == nil {
            guard let format = wanted ?? FormatGuess.format(of: bytes, hasFields: fields != nil) else {
                throw InputFile.Fault(
                    description:
                        "no format fits line \(number); name one with --format, and with --fields the columns of "
                        + "lines without a heading")
            }
            lines = FormatLines(format, fields: fields, path: path)
        }
        try lines?.read(bytes, number, &importer)
    }
}

/// The lines of a file whose format is known.
struct FormatLines {
    private let path: String
    private let source: [UInt8]
    private let file: [UInt8]
    private var identities: LineIdentity
    private var reader: any LineReader

    init(_ format: ImportFormat, fields: [String]?, path: String) {
        self.path = path
        source = Array(format.name.utf8)
        file = Array(path.utf8)
        identities = LineIdentity(format)
        reader = format.reader(fields: fields)
    }

    mutating func read(_ line: ArraySlice<UInt8>, _ number: Int, _ importer: inout Importer) throws {
        let outcome = importer.read(line, &reader, Place(source: source[...], file: file[...], line: number))
        let identity: UInt128 =
            switch outcome {
            case .record, .incompleteRecord, .statement: identities.next(line, context: reader.context)
            case .heading, .comment, .otherEvent, .bad: 0
            }
        try importer.take(outcome, identity: identity, file: path, line: number)
    }
}

/// Where a record comes from.
struct Place {
    let source: ArraySlice<UInt8>
    let file: ArraySlice<UInt8>
    let line: Int
}

extension ImportFormat {
    /// Who reads lines of the format, from the beginning of a file.
    fileprivate func reader(fields: [String]?) -> any LineReader {
        switch self {
        case .aws: AWSReader(fields: fields)
        case .zeek: ZeekReader()
        case .suricata: SuricataReader()
        case .gcp: GCPReader()
        case .hubble: HubbleReader()
        case .neutron: NeutronReader()
        case .ovn: OVNReader()
        case .argus: ArgusReader()
        case .netflow: NfdumpReader()
        // Documents and captures have no lines; a file that is no document is told line by line.
        case .ibm, .azure, .pcap: NoLines()
        }
    }
}
