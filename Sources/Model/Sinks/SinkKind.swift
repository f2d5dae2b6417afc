/// What a sink speaks to its receiver.
///
/// The list of all kinds. A further one is a case here, and a file in the room `Shipping` that the compiler asks for.
package enum SinkKind: String, Hashable, Sendable, Codable, CaseIterable {
    /// RFC 5424 over UDP, TCP, TLS or RELP.
    case syslog
    /// Lines in a file.
    case file
    /// Lines on the agent's standard output.
    case stdout
    /// Lines in the bodies of POST requests.
    case http
    /// A JSON object with a list of records, authenticated by an HMAC.
    case webhook
    /// Splunk's HTTP event collector, with acknowledgement by its indexers.
    case splunk
    /// `_bulk` of Elasticsearch and OpenSearch.
    case elasticsearch
    /// OpenTelemetry's logs over HTTP, as protobuf or JSON.
    case otlp
    /// Grafana Loki's push.
    case loki
    /// Tencent Cloud Log Service.
    case cls
    /// NATS JetStream.
    case nats
    /// Redis streams.
    case redis

    /// Schemes that a URL of the kind may have, the usual one first.
    package var schemes: [String] {
        switch self {
        case .syslog: ["relp", "relp+tls", "tls", "tcp", "udp"]
        case .file: ["file"]
        case .stdout: ["stdout"]
        case .http, .webhook, .splunk, .elasticsearch, .otlp, .loki, .cls: ["https", "http"]
        case .nats: ["nats", "tls"]
        case .redis: ["redis", "rediss"]
        }
    }

    /// A URL as it may look, for messages.
    package var example: String {
        switch self {
        case .syslog: "relp://10.0.0.9:2514"
        case .file: "file:shipped.jsonl"
        case .stdout: "stdout:"
        case .http: "https://logs.example.org/intake"
        case .webhook: "https://hooks.example.org/gatehouse"
        case .splunk: "https://splunk.example.org:8088"
        case .elasticsearch: "https://search.example.org:9200"
        case .otlp: "https://collector.example.org:4318"
        case .loki: "https://loki.example.org:3100"
        case .cls: "https://ap-guangzhou.cls.tencentcs.com"
        case .nats: "nats://10.0.0.9:4222/gatehouse.events"
        case .redis: "redis://10.0.0.9:6379/gatehouse"
        }
    }

    /// Formats that it takes, the one that goes without saying first; none where the kind has a form of its own.
    package var formats: [SinkFormat] {
        switch self {
        case .syslog: [.rfc5424, .cef, .leef, .json, .ecs, .ocsf]
        case .file, .stdout, .http: [.json, .ecs, .ocsf, .cef, .leef]
        case .webhook, .splunk, .nats, .redis, .loki: [.json, .ecs, .ocsf]
        case .elasticsearch: [.ecs, .ocsf, .json]
        case .otlp, .cls: []
        }
    }

    /// Settings that it knows beside those of every sink.
    package var settings: Set<SinkSetting> {
        switch self {
        case .syslog: [.framing, .caFile]
        case .file, .stdout: []
        case .http: [.secretFile, .user, .caFile, .compress]
        case .webhook: [.secretFile, .caFile, .compress]
        case .splunk: [.secretFile, .caFile, .compress, .index, .acknowledges]
        case .elasticsearch: [.secretFile, .user, .caFile, .compress, .index]
        case .otlp: [.secretFile, .caFile, .compress, .encoding]
        case .loki: [.secretFile, .user, .caFile, .compress, .tenant]
        case .cls: [.secretFile, .caFile, .topic]
        case .nats: [.secretFile, .user, .caFile]
        case .redis: [.secretFile, .user, .caFile]
        }
    }

    /// Settings without which it cannot work.
    package var needs: Set<SinkSetting> {
        switch self {
        case .webhook, .splunk: [.secretFile]
        case .cls: [.secretFile, .topic]
        case .syslog, .file, .stdout, .http, .elasticsearch, .otlp, .loki, .nats, .redis: []
        }
    }
}

/// How a record is written where the kind leaves the choice.
package enum SinkFormat: String, Hashable, Sendable, Codable, CaseIterable {
    /// Gatehouse's own: the line of the event log or of flows, with `kind` and `id` in front.
    case json
    /// Elastic Common Schema.
    case ecs
    /// Open Cybersecurity Schema Framework.
    case ocsf
    /// ArcSight's Common Event Format.
    case cef
    /// QRadar's Log Event Extended Format.
    case leef
    /// Structured data of RFC 5424 and a sentence.
    case rfc5424
}

/// What a sink is fed with.
package enum SinkSource: String, Hashable, Sendable, Codable, CaseIterable {
    /// Lines of the event log.
    case events
    /// Records of capture windows.
    case flows
    /// Who changed the host's policy.
    case audit
    /// What records do not hold: losses, and spans in which packets passed unjudged.
    case findings
}

/// A setting that some kinds have, by its key in the policy file.
package enum SinkSetting: String, Hashable, Sendable, CaseIterable {
    case framing
    case caFile = "ca_file"
    case secretFile = "secret_file"
    case user
    case compress
    case index
    case acknowledges = "ack"
    case encoding
    case tenant
    case topic
}
