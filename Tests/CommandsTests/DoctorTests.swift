import Foundation
import Host
import Link
import TestSupport
import Testing

@testable import Commands

/// What doctor says of hosts that lack something, by files that stand for the kernel's, and of this one.
@Suite struct DoctorTests {
    private func patient(_ files: [String: String], _ body: (Patient) throws -> Void) throws {
        let root = FileManager.default.temporaryDirectory.path + "/doctor-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: root) }
        for (name, text) in files {
            let path = "\(root)/\(name)"
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        }
        try body(Patient(proc: root, folder: DataFolder(root + "/none")))
    }

    private static let whole = [
        "self/status": "Name:\tx\nCapEff:\t000001ffffffffff\n", "sys/kernel/osrelease": "6.1.0-18-amd64\n",
        "sys/net/netfilter/nf_conntrack_max": "262144\n", "sys/net/netfilter/nf_conntrack_count": "12\n",
        "sys/net/netfilter/nf_conntrack_acct": "1\n",
    ]

    private func states(_ files: [String: String]) throws -> [String: Diagnosis.State] {
        var found: [String: Diagnosis.State] = [:]
        try patient(files) { patient in
            for diagnosis in KernelDoctor.diagnoses(patient) + AgentDoctor.diagnoses(patient) {
                found[diagnosis.subject] = diagnosis.state
                #expect((diagnosis.mend == nil) == (diagnosis.state == .good), "\(diagnosis)")
            }
        }
        return found
    }

    @Test func `a host that lacks nothing but its agent`() throws {
        let found = try states(Self.whole)
        #expect(found["rights"] == .good && found["kernel"] == .good && found["connections"] == .good)
        #expect(found["accounting"] == nil && found["disk"] == .warning && found["agent"] == .fault)
    }

    @Test(arguments: [
        ("self/status", "CapEff:\t0000000000000000", "rights", Diagnosis.State.fault),
        ("sys/kernel/osrelease", "4.19.0-26-amd64", "kernel", .fault),
        ("sys/kernel/osrelease", "?", "kernel", .warning),
        ("sys/net/netfilter/nf_conntrack_count", "262000", "connections", .warning),
        ("sys/net/netfilter/nf_conntrack_acct", "0", "accounting", .warning),
    ]) func `each lack is told`(file: String, text: String, subject: String, state: Diagnosis.State) throws {
        var files = Self.whole
        files[file] = text
        #expect(try states(files)[subject] == state)
    }

    @Test func `an nft that is not there is a fault with its mend`() throws {
        try patient(Self.whole) { patient in
            var patient = patient
            patient.nft = "/nowhere/nft"
            let found = KernelDoctor.diagnoses(patient).first { $0.subject == "nftables" }
            #expect(found?.state == .fault && found?.mend?.contains("install nftables") == true)
        }
    }

    @Test(.kernel) func `this kernel takes what is written, and nothing of the probe is left`() throws {
        let host = try TestHost("dr")
        defer { host.remove() }
        let (found, left) = try NetworkNamespace.within(host.name) {
            (
                KernelDoctor.diagnoses(Patient(folder: DataFolder("/nowhere"))),
                try ChildProcess.run("nft", ["list", "tables"]).output
            )
        }
        #expect(found.first { $0.subject == "nftables" }?.state == .good, "\(found)")
        #expect(found.first { $0.subject == "rights" }?.state == .good)
        #expect(left == "")
    }
}
