/// Every bound on what a caller of the control plane may cause, in one list; `docs/design/limits.md` shows it.
///
/// A further one does not compile without its number, its unit and what is answered beyond it.
package enum Limit: String, CaseIterable, Sendable {
    // Requests.
    case requestTarget
    case header
    case headers
    case headerCount
    case strangerBody
    case body
    case valuesInBody
    case membersOfObject
    case depthOfBody
    case digitsOfNumber
    // Time.
    case secondsToHead
    case secondsToBody
    case secondsToLongBody
    case secondsIdle
    case secondsUnread
    case secondsRefused
    // Connections.
    case strangersOfSource
    case connectionsOfSource
    // Text before anybody is known.
    case nameText
    case secretText
    case tokenText
    case methodsOfLogin
    // Logins.
    case countedLogins
    case waitingPasswords
    case tokensOfChain
    // The trail.
    case textOfEntry
    case reasonOfEntry
    case tellsOfSource
    case toldSources
    case secondsOfTelling
    case toldFaults
    // An enrolled host.
    case hostName
    case fileName
    case filesOfHost
    case bytesOfFile
    case bytesOfHost
    case report
    case failureText
    case unreadByHost
    // Questions about flows.
    case questionsAtOnce
    case secondsOfQuestion
    case rowsOfAnswer
    case groupsOfAnswer
    case streamsOfFlows
    // Enterprise policies.
    case enterpriseRules
    case addressTemplates
    case entriesOfTemplate
    case bytesOfHitSearch
    // Sinks.
    case shippedRecord
    case deadLetters
    case receiverAnswer
    // Detections.
    case contactsOfDetection
    case sourcesOfDetection
    case placesOfDetection
    case findingsOfRun
    case bytesOfList
    case matchesOfHour
    case eventsOfWindow

    package enum Unit: String, Sendable {
        case bytes
        case seconds
        case pieces = ""
    }

    package var bound: Int {
        switch self {
        case .requestTarget: 16 << 10
        case .header: 16 << 10
        case .headers: 64 << 10
        case .headerCount: 200
        case .strangerBody: 64 << 10
        case .body: 4 << 20
        case .valuesInBody: 500_000
        case .membersOfObject: 100_000
        case .depthOfBody: 32
        case .digitsOfNumber: 128
        case .secondsToHead: 10
        case .secondsToBody: 30
        case .secondsToLongBody: 120
        case .secondsIdle: 75
        case .secondsUnread: 60
        case .secondsRefused: 2
        case .strangersOfSource: 512
        case .connectionsOfSource: 8192
        case .nameText: 255
        case .secretText: 1024
        case .tokenText: 4096
        case .methodsOfLogin: 4
        case .countedLogins: 8192
        case .waitingPasswords: 64
        case .tokensOfChain: 64
        case .textOfEntry: 255
        case .reasonOfEntry: 1024
        case .tellsOfSource: 4
        case .toldSources: 64
        case .secondsOfTelling: 60
        case .toldFaults: 1000
        case .hostName: 255
        case .fileName: 128
        case .filesOfHost: 20_000
        case .bytesOfFile: 4 << 30
        case .bytesOfHost: 64 << 30
        case .report: 1 << 20
        case .failureText: 1024
        case .unreadByHost: 64 << 20
        case .questionsAtOnce: 4
        case .secondsOfQuestion: 60
        case .rowsOfAnswer: 10_000
        case .groupsOfAnswer: 500_000
        case .streamsOfFlows: 64
        case .enterpriseRules: 10_000
        case .addressTemplates: 1000
        case .entriesOfTemplate: 10_000
        case .bytesOfHitSearch: 64 << 20
        case .shippedRecord: 256 << 10
        case .deadLetters: 64 << 20
        case .receiverAnswer: 16 << 20
        case .contactsOfDetection: 4_000_000
        case .sourcesOfDetection: 250_000
        case .placesOfDetection: 250_000
        case .findingsOfRun: 100_000
        case .bytesOfList: 256 << 20
        case .matchesOfHour: 2_000_000
        case .eventsOfWindow: 100_000
        }
    }

    package var unit: Unit {
        switch self {
        case .requestTarget, .header, .headers, .strangerBody, .body, .nameText, .secretText, .tokenText, .textOfEntry,
            .reasonOfEntry, .hostName, .fileName, .bytesOfFile, .bytesOfHost, .report, .failureText, .unreadByHost,
            .bytesOfHitSearch, .shippedRecord, .deadLetters, .receiverAnswer, .bytesOfList:
            .bytes
        case .secondsToHead, .secondsToBody, .secondsToLongBody, .secondsIdle, .secondsUnread, .secondsRefused,
            .secondsOfTelling, .secondsOfQuestion:
            .seconds
        case .headerCount, .valuesInBody, .membersOfObject, .depthOfBody, .digitsOfNumber, .strangersOfSource,
            .connectionsOfSource,
            .methodsOfLogin, .countedLogins, .waitingPasswords, .tokensOfChain, .tellsOfSource, .toldSources,
            .toldFaults,
            .filesOfHost, .questionsAtOnce, .rowsOfAnswer, .groupsOfAnswer, .streamsOfFlows, .enterpriseRules,
            .addressTemplates, .entriesOfTemplate,
            .contactsOfDetection, .sourcesOfDetection, .placesOfDetection, .findingsOfRun,
            .matchesOfHour, .eventsOfWindow:
            .pieces
        }
    }

    /// What is bounded.
    package var meaning: String {
        switch self {
        case .requestTarget: "a request's path and query"
        case .header: "one header of a request"
        case .headers: "all headers of a request together"
        case .headerCount: "headers of a request"
        case .strangerBody: "the body of a request without credentials that are good here"
        case .body: "the body of a request with them, gzip inflated"
        case .valuesInBody: "values in a JSON body, at all depths"
        case .membersOfObject: "members of one JSON object"
        case .depthOfBody: "lists and objects within each other"
        case .digitsOfNumber: "characters of a JSON number"
        case .secondsToHead: "from the connection (TLS included) to the end of its first request's headers"
        case .secondsToBody: "from the headers to the end of a body of 64 kB at most"
        case .secondsToLongBody: "from the headers to the end of a longer body"
        case .secondsIdle: "from an answer to the end of the next request's headers"
        case .secondsUnread: "an answer, or a host's stream, that the caller does not read"
        case .secondsRefused: "what still comes of a body that was refused unread; it is thrown away"
        case .strangersOfSource: "open connections of a source that have not shown good credentials"
        case .connectionsOfSource: "open connections of a source"
        case .nameText: "names and ids of users, projects, domains and credentials in a login"
        case .secretText: "passwords and secrets in a login"
        case .tokenText: "tokens and API keys in a login or a header"
        case .methodsOfLogin: "methods of one login"
        case .countedLogins: "sources and accounts whose failed logins are counted at a time"
        case .waitingPasswords: "passwords that wait to be checked"
        case .tokensOfChain: "tokens that came one of the other, the login's first included"
        case .textOfEntry: "a name or an id in an entry of the trail"
        case .reasonOfEntry: "the reason in an entry of the trail"
        case .tellsOfSource: "names of a source whose failed attempts have entries of their own, in a span"
        case .toldSources: "sources whose failed attempts have entries of their own, in a span"
        case .secondsOfTelling: "the span in which repeated failures are counted in one entry"
        case .toldFaults: "faults of the trail that one check tells"
        case .hostName: "a host's name"
        case .fileName: "the name of a host's file"
        case .filesOfHost: "files of a host"
        case .bytesOfFile: "one file of a host"
        case .bytesOfHost: "all files of a host (`serve --host-quota`)"
        case .report: "a host's report or receipt"
        case .failureText: "the reason that a host gives"
        case .unreadByHost: "what waits to be sent to one host"
        case .questionsAtOnce: "questions about flows that are answered at a time"
        case .secondsOfQuestion: "one question about flows"
        case .rowsOfAnswer: "records of one answer"
        case .groupsOfAnswer: "groups of one answer, and values held for distinct ones and percentiles"
        case .streamsOfFlows: "streams of flows at a time"
        case .enterpriseRules: "enterprise rules of a project"
        case .addressTemplates: "lists of addresses of a project"
        case .entriesOfTemplate: "addresses and blocks in one of these lists"
        case .bytesOfHitSearch: "the newest events of each host that one question about hits reads"
        case .shippedRecord: "a record that a sink ships"
        case .deadLetters: "what a sink's receiver refused for good, in its file"
        case .receiverAnswer: "the answer of a sink's receiver"
        case .contactsOfDetection: "pairs of addresses at a service that detections remember to have met"
        case .sourcesOfDetection: "addresses that one detection remembers"
        case .placesOfDetection: "pairs, or services of an address, that one detection remembers"
        case .findingsOfRun: "findings of one run"
        case .bytesOfList: "a file of listed addresses"
        case .matchesOfHour: "records that Sigma rules find in one hour"
        case .eventsOfWindow: "records in one window of a Sigma correlation"
        }
    }

    /// What happens beyond it.
    package var consequence: String {
        switch self {
        case .requestTarget: "414"
        case .header, .headers, .headerCount: "400, and the connection is closed"
        case .strangerBody, .body: "413, and the connection is closed"
        case .valuesInBody, .membersOfObject, .depthOfBody, .digitsOfNumber: "400, which names the field"
        case .secondsToHead, .secondsToBody, .secondsToLongBody, .secondsIdle, .secondsUnread, .secondsRefused,
            .unreadByHost:
            "the connection is closed"
        case .strangersOfSource, .connectionsOfSource: "the new connection is closed"
        case .nameText, .secretText, .tokenText, .methodsOfLogin: "400, which names the field"
        case .countedLogins: "further ones share one count, of a source's limit"
        case .waitingPasswords: "429"
        case .tokensOfChain: "403; log in anew"
        case .textOfEntry, .reasonOfEntry: "cut, with … at its end"
        case .tellsOfSource: "further names share an entry, `(several names)`"
        case .toldSources: "further sources share an entry, `(several sources)`"
        case .secondsOfTelling: "a new span begins"
        case .toldFaults: "the rest is counted"
        case .hostName, .fileName: "400"
        case .filesOfHost, .bytesOfFile, .bytesOfHost:
            "413; the host keeps its records and says why they are not shipped"
        case .report: "413"
        case .failureText: "cut, with … at its end"
        case .questionsAtOnce, .streamsOfFlows: "429"
        case .secondsOfQuestion: "the answer has what was found, and says that it was interrupted"
        case .rowsOfAnswer: "400; ask for fewer with `limit`, or for groups"
        case .groupsOfAnswer: "400"
        case .bytesOfHitSearch: "older hits are not told"
        case .enterpriseRules, .addressTemplates, .entriesOfTemplate: "`LimitExceeded`, and nothing is changed"
        case .shippedRecord: "it is not shipped; the sink counts and tells it as lost"
        case .deadLetters: "further ones are counted and told as lost"
        case .receiverAnswer: "the answer counts as none, and the records are sent again"
        case .contactsOfDetection, .sourcesOfDetection, .placesOfDetection:
            "the half that was not seen for longest goes, is counted and told"
        case .findingsOfRun: "further ones are counted and told"
        case .bytesOfList: "the file is refused"
        case .matchesOfHour: "further ones are counted and told"
        case .eventsOfWindow: "the oldest go"
        }
    }

    /// The number as people read it: `64 kB`, `4 MB`, `30 s`, `128`.
    package var text: String {
        switch unit {
        case .pieces: "\(bound)"
        case .seconds: "\(bound) s"
        case .bytes:
            switch bound {
            case (1 << 30)...: "\(bound >> 30) GB"
            case (1 << 20)...: "\(bound >> 20) MB"
            case (1 << 10)... where bound % 1024 == 0: "\(bound >> 10) kB"
            default: "\(bound) bytes"
            }
        }
    }
}

extension Limit {
    /// A text in at most so many bytes of UTF-8; what is cut ends in `…`, which is within them.
    package func cut(_ text: String) -> String {
        guard text.utf8.count > bound else { return text }
        var bytes = 3
        var kept = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            bytes += UTF8.width(scalar)
            guard bytes <= bound else { break }
            kept.append(scalar)
        }
        return String(kept) + "…"
    }

    package func admits(_ text: String) -> Bool { text.utf8.count <= bound }
}
