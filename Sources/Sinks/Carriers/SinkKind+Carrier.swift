import Model

extension SinkKind {
    /// The kind's carrier.
    ///
    /// - Throws: a fault of the settings.
    func carrier(_ sink: Sink, folder: String) throws(SinkFault) -> any SinkCarrier {
        switch self {
        case .syslog: try SyslogCarrier.make(sink)
        case .file: try FileCarrier(sink, folder: folder)
        case .stdout: OutputCarrier(sink)
        case .http: try HTTPLinesCarrier(sink)
        case .webhook: try WebhookCarrier(sink)
        case .splunk: try SplunkCarrier(sink)
        case .elasticsearch: try BulkCarrier(sink)
        case .otlp: try TelemetryCarrier(sink)
        case .loki: try LokiCarrier(sink)
        case .cls: try CLSCarrier(sink)
        case .nats: try NATSCarrier(sink)
        case .redis: try RedisCarrier(sink)
        }
    }
}
