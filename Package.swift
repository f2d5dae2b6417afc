// swift-tools-version: 6.2
import PackageDescription

/// Settings of every target: strict language mode, explicit existentials, imports that say what they need.
let house: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// The rooms that may touch C and raw memory spell every unsafe expression.
let unsafeHouse: [SwiftSetting] = house + [.strictMemorySafety()]

let package = Package(
    name: "gatehouse",
    products: [
        // For `scripts/fuzz`, which links it with libFuzzer.
        .library(name: "fuzz-entries", type: .static, targets: ["FuzzEntries"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1.git", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates.git", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: []),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    targets: [
        // Floor 0: values, and the kernel's headers.
        .target(name: "Model", swiftSettings: house),
        .target(name: "CHost"),
        .target(name: "CNetlink"),
        .target(name: "Host", dependencies: ["CHost"], swiftSettings: unsafeHouse),

        // Floor 1: single machines.
        .target(
            name: "Documents", dependencies: ["Host", "Model", .product(name: "Yams", package: "Yams")],
            swiftSettings: house),
        .target(name: "Attribution", dependencies: ["Model"], swiftSettings: house),
        .target(name: "Netlink", dependencies: ["CNetlink", "Host", "Model"], swiftSettings: unsafeHouse),
        .target(name: "CRehearsal"),
        .target(name: "Rehearsal", dependencies: ["CRehearsal", "Host", "Model"], swiftSettings: unsafeHouse),
        .target(name: "Link", dependencies: ["Host", "Model"], swiftSettings: house),
        .target(name: "Gzip", dependencies: ["CZlib"], swiftSettings: unsafeHouse),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "Zstd", dependencies: ["CZstd"], swiftSettings: unsafeHouse),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),

        // Floor 2: pure functions, encodings both ways, the durable spool.
        .target(name: "Parquet", dependencies: ["Host", "Zstd"], swiftSettings: unsafeHouse),
        .target(name: "Policy", dependencies: ["Model"], swiftSettings: house),
        .target(name: "PolicyFiles", dependencies: ["Documents", "Filter", "Model", "Records"], swiftSettings: house),
        .target(name: "Records", dependencies: ["Host", "Model"], swiftSettings: house),
        .target(name: "Integrations", dependencies: ["Host", "Link", "Model", "Netlink"], swiftSettings: house),
        .target(name: "Spools", dependencies: ["Host", "Model"], swiftSettings: house),

        .target(
            name: "Posture", dependencies: ["Analysis", "Documents", "Host", "Model", "Policy", "Records"],
            swiftSettings: house
        ),
        .target(name: "Analysis", dependencies: ["Model", "Policy"], swiftSettings: house),

        // Floor 3: records in an archive, and questions about them.
        .target(
            name: "Archive", dependencies: ["Host", "Model", "Parquet", "Records", "Spools"], swiftSettings: house),
        .target(name: "Filter", dependencies: ["Model", "Records"], swiftSettings: house),
        .target(
            name: "Query", dependencies: ["Archive", "Filter", "Host", "Model", "Parquet", "Records"],
            swiftSettings: house),
        .target(name: "FlowExports", swiftSettings: house),
        .target(name: "Packets", dependencies: ["Records"], swiftSettings: house),
        .target(
            name: "Import",
            dependencies: [
                "Archive", "FlowExports", "Gzip", "Host", "Model", "Packets", "Records", "Zstd",
                .product(name: "Crypto", package: "swift-crypto"),
            ], swiftSettings: house),

        // Floor 3: the kernel's two sides, rules in and facts out.
        .target(
            name: "Enforcement", dependencies: ["Attribution", "Host", "Model", "Netlink"], swiftSettings: house),

        .target(
            name: "Capture", dependencies: ["Attribution", "Host", "Model", "Netlink", "Spools"], swiftSettings: house),

        .target(
            name: "Registry",
            dependencies: [
                "Model", "Policy", "Records", "Telemetry", .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "GRDB", package: "GRDB.swift"), .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ], swiftSettings: house),

        .target(
            name: "Buckets",
            dependencies: [
                "Host", "Model", .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"), .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ], swiftSettings: house),

        // What a person sees: listings, tables, times.
        .target(
            name: "Terminal",
            dependencies: [
                "Host", "Model", "Records", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: house),

        // Floor 4: what leaves the host.
        .target(
            name: "Telemetry", dependencies: [.product(name: "CoreMetrics", package: "swift-metrics")],
            swiftSettings: house),
        .target(
            name: "Sinks",
            dependencies: [
                "Buckets", "Filter", "Gzip", "Host", "Link", "Model", "Records", "Spools",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"), .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ], swiftSettings: house),

        .target(
            name: "Delivery",
            dependencies: [
                "Buckets", "Gzip", "Host", "Model", "Records", "Spools",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Crypto", package: "swift-crypto"),
            ], swiftSettings: house),

        .target(
            name: "Uplink",
            dependencies: [
                "Buckets", "Host", "Link", "Model", "Records", "Spools",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ], swiftSettings: house),

        // Floor 4: the host's loop.
        .target(
            name: "Agent",
            dependencies: [
                "Attribution", "Capture", "Delivery", "Enforcement", "Host", "Link", "Model", "Netlink", "Policy",
                "Records", "Sinks", "Spools", "Telemetry", .product(name: "CoreMetrics", package: "swift-metrics"),
            ], swiftSettings: house),

        // What was found in records.
        .target(
            name: "Sigma", dependencies: ["Documents", "Host", "Model", "Parquet", "Records"], swiftSettings: house),
        .target(
            name: "Investigation", dependencies: ["Archive", "Host", "Model", "Parquet", "Records", "Sigma"],
            swiftSettings: house),

        // The ground of the APIs: HTTP, identity, access, hosts' streams.
        .target(
            name: "Service",
            dependencies: [
                "Archive", "Buckets", "Delivery", "Documents", "Filter", "Host", "Link", "Model", "Query", "Records",
                "Registry", "Telemetry",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ], swiftSettings: house),

        // Floor 6: the APIs, none of which knows another.
        .target(
            name: "IdentityAPI",
            dependencies: [
                "Model", "Registry", "Service", .product(name: "HTTPTypes", package: "swift-http-types"),
            ], swiftSettings: house),
        .target(
            name: "NeutronAPI",
            dependencies: [
                "Model", "Registry", "Service", .product(name: "HTTPTypes", package: "swift-http-types"),
            ], swiftSettings: house),
        .target(
            name: "VPCAPI",
            dependencies: [
                "Gzip", "Model", "Records", "Registry", "Service",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ], swiftSettings: house),
        .target(
            name: "FirewallAPI",
            dependencies: [
                "Model", "Query", "Records", "Registry", "Service", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ], swiftSettings: house),
        .target(
            name: "NativeAPI",
            dependencies: [
                "Archive", "Buckets", "Filter", "Link", "Model", "Query", "Records", "Registry", "Service",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ], swiftSettings: house),

        // Floor 7: the control plane as one program.
        .target(
            name: "Server",
            dependencies: [
                "Archive", "Delivery", "Documents", "FirewallAPI", "Host", "IdentityAPI", "Model", "NativeAPI",
                "NeutronAPI",
                "Registry",
                "Service",
                "Telemetry",
                "VPCAPI", .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "X509", package: "swift-certificates"),
            ], swiftSettings: house),

        // Floor 8: the command line, a folder a noun.
        .target(
            name: "Commands",
            dependencies: [
                "Analysis", "Archive", "Buckets", "Delivery", "Documents", "Filter", "Host", "Import", "Integrations",
                "Posture",
                "Investigation", "Link",
                "Model",
                "NativeAPI", "Packets",
                "Parquet", "Policy", "PolicyFiles", "Query", "Records", "Registry", "Rehearsal", "Server", "Service",
                "Sigma", "Spools",
                "Terminal", "VPCAPI",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ], swiftSettings: house),

        // Floor 9: the programs.
        .executableTarget(
            name: "gatehouse-agent",
            dependencies: [
                "Agent", "Delivery", "Host", "Link", "Uplink",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: house),

        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "Buckets", "Capture", "Delivery", "Gzip", "Host", "Link", "Model", "Policy", "PolicyFiles", "Records",
                "Rehearsal", "Spools", "TestSupport", "gatehouse", "gatehouse-agent", "gatehouse-cni",
            ], swiftSettings: house),
        .testTarget(
            name: "AgreementTests",
            dependencies: [
                "PolicyFiles",
                "Attribution", "Capture", "Enforcement", "Host", "Model", "Netlink", "Policy", "Rehearsal", "Spools",
                "TestSupport",
            ], swiftSettings: house),
        .executableTarget(name: "gatehouse", dependencies: ["Commands"], swiftSettings: house),
        .executableTarget(name: "gatehouse-cni", dependencies: ["Host", "Integrations"], swiftSettings: house),

        // What tests share; sources may not import it.
        .target(
            name: "TestSupport",
            dependencies: [
                "Host", "Model", "PolicyFiles", "Records", .product(name: "Crypto", package: "swift-crypto"),
            ],
            path: "Tests/TestSupport", swiftSettings: house),
        .testTarget(
            name: "PostureTests", dependencies: ["Model", "Posture", "PolicyFiles", "Records", "TestSupport"],
            swiftSettings: house),
        .testTarget(
            name: "AnalysisTests", dependencies: ["Analysis", "Model", "Policy", "PolicyFiles", "TestSupport"],
            swiftSettings: house),
        .testTarget(
            name: "EnforcementTests",
            dependencies: [
                "PolicyFiles",
                "Attribution", "Enforcement", "Host", "Model", "Netlink", "Policy", "Rehearsal", "TestSupport",
            ],
            exclude: ["Fixtures"], swiftSettings: house),
        .testTarget(
            name: "CaptureTests",
            dependencies: ["Attribution", "Capture", "Host", "Model", "Netlink", "Spools", "TestSupport"],
            swiftSettings: house),
        // Measures what is said of all packets: `make bench-analysis`.
        .executableTarget(
            name: "analysis-bench", dependencies: ["Analysis", "Model", "Policy"], path: "Benchmarks/AnalysisBench",
            swiftSettings: house),
        // A day of generated traffic with known attacks, for tests and `make bench-detect`.
        .target(
            name: "TrafficDays", dependencies: ["Archive", "Model", "Records"], path: "Benchmarks/TrafficDays",
            swiftSettings: house),
        .executableTarget(
            name: "detect-bench",
            dependencies: ["Archive", "Investigation", "Parquet", "Records", "Sigma", "TrafficDays"],
            path: "Benchmarks/DetectBench", swiftSettings: house),
        // Measures the classifier: `swift run -c release classifier-bench`.
        .executableTarget(
            name: "classifier-bench", dependencies: ["Policy", "PolicyFiles", "Model"],
            path: "Benchmarks/ClassifierBench",
            swiftSettings: house),

        // Measures what one processor ships: `make bench-sinks`.
        .executableTarget(
            name: "sink-bench",
            dependencies: [
                "Gzip", "Host", "Link", "Model", "Sinks", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ], path: "Benchmarks/SinkBench", swiftSettings: house),

        // Measures delivery into a folder and an object store against gzip: `scripts/delivery-bench`.
        .executableTarget(
            name: "delivery-bench",
            dependencies: ["Buckets", "Delivery", "Gzip", "Host", "Model", "Spools"],
            path: "Benchmarks/DeliveryBench", swiftSettings: house),

        // Measures an archive of a generated day: `make bench-query`.
        .executableTarget(
            name: "capture-bench", dependencies: ["Archive", "Host", "Import", "Packets"],
            path: "Benchmarks/CaptureBench",
            swiftSettings: house),
        .executableTarget(
            name: "query-bench", dependencies: ["Archive", "Filter", "Host", "Model", "Query", "Records"],
            path: "Benchmarks/QueryBench", swiftSettings: house),

        // Measures enforcement and capture on the real kernel: `make bench`.
        .target(name: "CBenchPeers", path: "Benchmarks/CBenchPeers"),
        .executableTarget(
            name: "gatehouse-bench",
            dependencies: [
                "Attribution", "CBenchPeers", "Capture", "Enforcement", "Host", "Link", "Model", "Netlink", "Policy",
                "PolicyFiles", "Rehearsal", "Spools",
            ], path: "Benchmarks/GatehouseBench", swiftSettings: house),

        // Measures the control plane, also with a thousand hosts: `make server-bench`.
        .executableTarget(
            name: "server-bench",
            dependencies: [
                "Host", "Link", "Registry", "Server", "Service",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"), .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ], path: "Benchmarks/ServerBench", swiftSettings: house),

        .testTarget(
            name: "UplinkTests",
            dependencies: ["Host", "Link", "Model", "Records", "Server", "Service", "Spools", "TestSupport", "Uplink"],
            swiftSettings: house),
        .testTarget(
            name: "CommandsTests",
            dependencies: [
                "Commands", "Delivery", "Host", "Link", "Model", "Parquet", "Policy", "PolicyFiles", "Records",
                "Server",
                "Service",
                "Spools", "Terminal", "TestSupport", "gatehouse",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: house),
        .testTarget(
            name: "SinksTests",
            dependencies: [
                "Buckets", "Gzip", "Host", "Link", "Model", "Records", "Sinks", "TestSupport",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            exclude: ["Fixtures"], swiftSettings: house),
        .testTarget(
            name: "AgentTests",
            dependencies: [
                "Agent", "Netlink", "Capture", "Delivery", "Host", "Link", "Model", "Records", "Sinks", "Spools",
                "TestSupport",
                "Uplink",
            ],
            swiftSettings: house),
        .testTarget(
            name: "ServerTests",
            dependencies: [
                "Delivery", "FirewallAPI", "Gzip", "Host", "IdentityAPI", "Link", "Model", "NativeAPI", "NeutronAPI",
                "PolicyFiles", "Records", "Registry", "Server", "Service", "Spools", "Telemetry", "TestSupport",
                "VPCAPI", "gatehouse",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
            ], exclude: ["Fixtures"], swiftSettings: house),
        .testTarget(
            name: "RegistryTests",
            dependencies: ["Model", "Registry", "TestSupport", .product(name: "GRDB", package: "GRDB.swift")],
            exclude: ["Fixtures"],
            swiftSettings: house),
        // Decoders as something to feed bytes to; `make fuzz` gives it to libFuzzer.
        .target(
            name: "FuzzEntries",
            dependencies: [
                "Capture", "FlowExports", "Host", "Link", "Model", "Netlink", "Packets", "Parquet", "Spools",
            ],
            path: "Tests/FuzzEntries", swiftSettings: house),
        .testTarget(
            name: "FuzzTests", dependencies: ["FuzzEntries", "Host", "TestSupport"], swiftSettings: house),
        .testTarget(
            name: "NetlinkTests",
            dependencies: ["FuzzEntries", "Host", "Model", "Netlink", "Rehearsal", "TestSupport"],
            exclude: ["Fixtures"], swiftSettings: house),
        .testTarget(
            name: "IntegrationsTests", dependencies: ["Host", "Integrations", "Link", "Model", "TestSupport"],
            swiftSettings: house),
        .testTarget(
            name: "SigmaTests", dependencies: ["Documents", "Model", "Parquet", "Records", "Sigma", "TestSupport"],
            swiftSettings: house),
        .testTarget(
            name: "InvestigationTests",
            dependencies: ["Archive", "Host", "Investigation", "Model", "Records", "TestSupport", "TrafficDays"],
            swiftSettings: house),
        .testTarget(name: "HostTests", dependencies: ["Host", "TestSupport"], swiftSettings: house),
        .testTarget(name: "AttributionTests", dependencies: ["Attribution", "Model"], swiftSettings: house),
        .testTarget(name: "LinkTests", dependencies: ["Host", "Link", "Model", "TestSupport"], swiftSettings: house),
        .testTarget(name: "ModelTests", dependencies: ["Model", "TestSupport"], swiftSettings: house),
        .testTarget(
            name: "PolicyTests", dependencies: ["Documents", "Model", "Policy", "PolicyFiles", "TestSupport"],
            swiftSettings: house),
        .testTarget(
            name: "PolicyFilesTests",
            dependencies: ["Documents", "Host", "Model", "Policy", "PolicyFiles", "Records", "TestSupport"],
            swiftSettings: house),
        .testTarget(
            name: "ArchiveTests",
            dependencies: ["Archive", "Host", "Model", "Parquet", "Records", "Spools", "TestSupport"],
            swiftSettings: house),
        .testTarget(
            name: "QueryTests",
            dependencies: ["Archive", "Filter", "Host", "Model", "Query", "Records", "Spools", "TestSupport"],
            swiftSettings: house),
        .testTarget(
            name: "ImportTests",
            dependencies: [
                "Archive", "FuzzEntries", "Gzip", "Host", "Import", "Model", "Query", "Records", "TestSupport", "Zstd",
            ],
            swiftSettings: house),
        .testTarget(
            name: "FlowExportsTests", dependencies: ["FlowExports", "FuzzEntries", "TestSupport"],
            swiftSettings: house),
        .testTarget(
            name: "PacketsTests", dependencies: ["FuzzEntries", "Packets", "Records", "TestSupport"],
            swiftSettings: house),
        .testTarget(
            name: "FilterTests", dependencies: ["Filter", "Model", "Parquet", "Query", "Records", "TestSupport"],
            swiftSettings: house),
        .testTarget(name: "ParquetTests", dependencies: ["Host", "Parquet", "TestSupport"], swiftSettings: house),
        .testTarget(name: "ZstdTests", dependencies: ["TestSupport", "Zstd"], swiftSettings: house),
        .testTarget(
            name: "SpoolsTests", dependencies: ["Host", "Model", "Spools", "TestSupport"], swiftSettings: house),
        .testTarget(
            name: "TerminalTests", dependencies: ["Host", "Model", "Records", "Terminal"], swiftSettings: house),
        .testTarget(name: "RecordsTests", dependencies: ["Model", "Records", "TestSupport"], swiftSettings: house),
        .testTarget(
            name: "BucketsTests",
            dependencies: [
                "Buckets", "Delivery", "Host", "Model", "Spools", "TestSupport",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            exclude: ["misbehaving_proxy.py"], swiftSettings: house),
        .testTarget(
            name: "DeliveryTests",
            dependencies: ["Buckets", "Delivery", "Gzip", "Host", "Model", "Records", "Spools", "TestSupport"],
            swiftSettings: house),
    ],
    swiftLanguageModes: [.v6]
)
