import Archive
import Investigation
import Terminal

/// What is said of a run beside its findings.
struct DetectionWords {
    let account: RecordStream.Account
    let detector: Detector.Account

    var sentences: [String] {
        var sentences: [String] = []
        let span =
            account.first.flatMap { first in account.last.map { (first, $0) } }.map {
                ", from \(Finding.time($0).prefix(19))Z to \(Finding.time($1).prefix(19))Z"
            } ?? ""
        sentences.append("went through \(Wording.count(account.records, "record"))\(span)")
        if let first = account.first, let last = account.last, last - first < Self.learning {
            sentences.append(
                "the records span less than four hours: nothing can be said of lateral movement, new services and exfiltration, "
                    + "which learn that long")
        }
        if account.duplicates > 0 {
            sentences.append("\(account.duplicates) records are there twice, and were taken once")
        }
        if account.withoutAddress > 0 {
            sentences.append("\(account.withoutAddress) records have not both addresses, and were left out")
        }
        if account.losses > 0 {
            sentences.append(
                "\(Wording.count(account.losses, "statement")) of the archive say that records are missing: what they held is not found"
            )
        }
        if detector.evicted > 0 {
            sentences.append(
                "\(detector.evicted) entries were forgotten for want of room; what is slow may not be found")
        }
        if detector.refusedFindings > 0 {
            sentences.append("\(detector.refusedFindings) further findings are not told")
        }
        for file in account.unreadable {
            sentences.append("gatehouse: \(file.file): \(file.error); its records are left out")
        }
        return sentences
    }

    private static let learning: Int64 = 4 * 3_600_000_000
}
