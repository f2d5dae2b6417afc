/// One finding for one cause: what another finding already tells is told as a part of it.
enum Causes {
    private struct Meeting: Hashable {
        let initiator: UInt128
        let target: UInt128
    }

    /// Withdraws new services that only an attacker's own attempts made known, and failures of who scans.
    static func join(_ findings: [OpenFinding]) {
        var attempts: Set<Meeting> = []
        var scanners: [UInt128: [OpenFinding]] = [:]
        for finding in findings where !finding.isWithdrawn {
            guard case .initiator(let initiator) = finding.entity else { continue }
            switch finding.kind {
            case .bruteForce:
                for target in finding.targets { attempts.insert(Meeting(initiator: initiator, target: target)) }
            case .verticalScan, .horizontalScan, .slowScan: scanners[initiator, default: []].append(finding)
            case .distributedScan, .beacon, .exfiltration, .lateralMovement, .refusedEgressBurst, .flood, .newService,
                .listedAddress, .failedConnectionBurst, .dormantInterface, .answerRefused:
                break
            }
        }
        for finding in findings where !finding.isWithdrawn {
            switch (finding.kind, finding.entity) {
            case (.newService, .target(let target)):
                guard finding.targetCount.count == 1, let caller = finding.targets.first else { continue }
                finding.isWithdrawn = attempts.contains(Meeting(initiator: caller, target: target))
            case (.failedConnectionBurst, .initiator(let initiator)):
                finding.isWithdrawn =
                    scanners[initiator]?.contains {
                        $0.firstSeen <= finding.lastSeen && finding.firstSeen <= $0.lastSeen
                    } ?? false
            default: continue
            }
        }
    }
}
