import Gzip
import HTTPTypes
import Server
import Service
import Testing

/// What every answer of the VPC API holds, whatever it is about.
@Suite struct VPCContractTests {
    /// The fields that IBM's models demand, from the SDK's `from_dict` of each class.
    private static let required: [(path: String, collection: String, fields: String)] = [
        (
            "vpcs", "vpcs",
            """
            classic_access created_at crn cse_source_ips default_network_acl default_routing_table default_security_group
            dns health_reasons health_state href id name public_address_ranges resource_group resource_type status
            """
        ),
        (
            "subnets", "subnets",
            """
            available_ipv4_address_count created_at crn href id ip_version ipv4_cidr_block name network_acl resource_group
            resource_type routing_table status total_ipv4_address_count vpc zone
            """
        ),
        (
            "instances", "instances",
            """
            availability availability_policy bandwidth boot_volume_attachment cluster_network_attachments
            confidential_compute_mode created_at crn disks enable_secure_boot health_reasons health_state href id
            lifecycle_reasons lifecycle_state memory metadata_service name network_attachments network_interfaces
            primary_network_interface profile reservation_affinity resource_group resource_type software_attachments
            startable status status_reasons threads_per_core total_network_bandwidth total_volume_bandwidth vcpu
            volume_attachments volume_bandwidth_qos_mode vpc zone
            """
        ),
        (
            "instances/INSTANCE/network_interfaces", "network_interfaces",
            """
            allow_ip_spoofing created_at floating_ips href id name port_speed primary_ip resource_type security_groups
            status subnet type
            """
        ),
        (
            "virtual_network_interfaces", "virtual_network_interfaces",
            """
            allow_ip_spoofing auto_delete created_at crn enable_infrastructure_nat href id ips lifecycle_state name
            primary_ip protocol_state_filtering_mode resource_group resource_type security_groups subnet vpc zone
            """
        ),
        ("security_groups", "security_groups", "created_at crn href id name resource_group rules targets vpc"),
        (
            "security_groups/GROUP/rules", "rules",
            "direction href id ip_version local name remote resource_type protocol"
        ),
        ("security_groups/GROUP/targets", "targets", "href id name resource_type"),
        ("network_acls", "network_acls", "created_at crn href id name resource_group rules subnets vpc"),
        (
            "network_acls/ACL/rules", "rules",
            "action created_at destination direction href id ip_version name source protocol"
        ),
        (
            "flow_log_collectors", "flow_log_collectors",
            """
            active auto_delete created_at crn href id lifecycle_state name resource_group storage_bucket target vpc
            """
        ),
        ("regions", "regions", "endpoint href name status"),
        ("regions/local/zones", "zones", "href name region status"),
    ]

    @Test func `every required field is there, and not null`() async throws {
        let server = try await ServerUnderTest()
        let shop = try await server.shop()
        _ = try await server.made(
            "virtual_network_interfaces", #"{"subnet": {"id": "\#(shop.subnet)"}, "name": "spare"}"#)
        _ = try await server.made(
            "flow_log_collectors",
            #"{"target": {"id": "\#(shop.interface)"}, "storage_bucket": {"name": "flowlogs"}}"#)
        for (path, collection, fields) in Self.required {
            let filled = path.replacing("INSTANCE", with: shop.instance).replacing("GROUP", with: shop.group)
                .replacing("ACL", with: shop.acl)
            let answer = await server.vpc(.get, filled)
            let items = try #require(answer.json?[collection]?.items, "\(path)")
            #expect(!items.isEmpty, "\(path)")
            for item in items {
                let missing = fields.split(whereSeparator: \.isWhitespace).filter { field in
                    item[String(field)].map(\.isNull) ?? true
                }
                #expect(missing.isEmpty, "\(path)")
                #expect(!String(decoding: item.bytes, as: UTF8.self).contains("null"), "\(path)")
                if let id = item["id"]?.text { #expect(id.utf8.count <= 64) }
                if let crn = item["crn"]?.text {
                    let parts = crn.split(separator: ":", omittingEmptySubsequences: false)
                    #expect(parts.count == 10)
                    #expect(parts[7] == "")
                }
            }
        }
    }

    @Test(
        arguments: [
            ("generation=2", "missing_version"), ("version=&generation=2", "missing_version"),
            ("version=2026-10-06", "missing_generation_parameter"),
            ("version=2026-10-06&generation=1", "missing_generation_parameter"),
            ("version=2026-02-30&generation=2", "version_not_supported"),
            ("version=2018-12-31&generation=2", "version_not_supported"),
            ("version=2026-1-06&generation=2", "version_not_supported"), ("version=2099-12-31&generation=2", nil),
        ] as [(String, String?)])
    func `every call says its version and generation`(query: String, code: String?) async throws {
        let server = try await ServerUnderTest()
        let pairs = query.split(separator: "&").map { pair in
            let sides = pair.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
            return (key: sides[0], value: sides[1])
        }
        let answer = await server.plane.door.answer(
            Call(
                method: .get, path: ["v1", "vpcs"], query: pairs,
                headers: [.authorization: "Bearer mel-token-0123456789"]))
        #expect(answer.status == (code == nil ? .ok : .badRequest))
        #expect(answer.code == code)
    }

    @Test func `a sane request id comes back, and is the one of the trail`() async throws {
        let server = try await ServerUnderTest()
        let name = try #require(HTTPField.Name("X-Request-Id"))
        let sane = await server.vpc(.post, "vpcs", #"{"name": "!"}"#, headers: [name: "7f0c-mine"])
        #expect(sane.headers[name] == "7f0c-mine")
        #expect(sane.json?["trace"] == "7f0c-mine")
        let entries = await server.call(.get, "/api/audit?request=7f0c-mine").json?["entries"]?.items
        #expect(entries?.map { $0["outcome"] } == ["failure"])
        let odd = await server.vpc(.get, "vpcs", headers: [name: "a b\u{7f}"])
        #expect(odd.headers[name]?.hasPrefix("req-") == true)
    }

    @Test func `a body in gzip is read, and inflates to no more than is allowed`() async throws {
        let server = try await ServerUnderTest()
        func post(_ body: [UInt8]) async -> Answer {
            await server.plane.door.answer(
                Call(
                    method: .post, path: ["v1", "vpcs"], query: [("version", "2026-10-06"), ("generation", "2")],
                    headers: [.authorization: "Bearer mel-token-0123456789", .contentEncoding: "gzip"], body: body))
        }
        #expect(await post(try compress(Array(#"{"name": "packed"}"#.utf8))).json?["name"] == "packed")
        #expect(await post(Array("{}".utf8)).code == "validation_failure")
        let bomb = await post(try compress([UInt8](repeating: 0x20, count: 5 << 20)))
        #expect(bomb.status == .contentTooLarge)
    }

    @Test func `pages hold everything once while more is made`() async throws {
        let server = try await ServerUnderTest()
        for number in 0..<7 { _ = try await server.made("vpcs", #"{"name": "v\#(number)"}"#) }
        var names: [String] = []
        var start = ""
        for round in 0..<10 {
            let page = try #require(await server.vpc(.get, "vpcs?limit=2\(start)").json)
            names += (page["vpcs"]?.items ?? []).compactMap { $0["name"]?.text }
            #expect(page["first"]?["href"]?.text?.hasSuffix("/v1/vpcs?limit=2") == true)
            if round == 1 { _ = try await server.made("vpcs", #"{"name": "late"}"#) }
            guard let next = page["next"]?["href"]?.text else { break }
            start = "&start=" + (next.split(separator: "=").last.map(String.init) ?? "")
        }
        #expect(names == (0..<7).map { "v\($0)" } + ["late"])
        let token = String(start.dropFirst("&start=".count))
        #expect(await server.vpc(.get, "subnets?start=\(token)").code == "bad_field")
        for (query, code) in [
            ("limit=0", "validation_min_value"), ("limit=101", "validation_max_value"),
            ("limit=x", "validation_invalid_field_type"), ("start=AAAA", "bad_field"),
        ] { #expect(await server.vpc(.get, "vpcs?\(query)").code == code) }
    }

    @Test func `an object that has changed since is not changed`() async throws {
        let server = try await ServerUnderTest()
        let id = try await server.shop().vpc
        let tag = try #require(await server.vpc(.get, "vpcs/\(id)").headers[.eTag])
        #expect(await server.vpc(.patch, "vpcs/\(id)", #"{"name": "new"}"#, headers: [.ifMatch: tag]).status == .ok)
        let stale = await server.vpc(.patch, "vpcs/\(id)", #"{"name": "newer"}"#, headers: [.ifMatch: tag])
        #expect(stale.status == .preconditionFailed)
        #expect(stale.code == "precondition_failed")
    }

    @Test func `an API token is exchanged for one that is good for a while`() async throws {
        let server = try await ServerUnderTest()
        func exchange(_ form: String) async -> Answer {
            await server.plane.door.answer(
                Call(method: .post, path: ["identity", "token"], body: Array(form.utf8)))
        }
        let grant = "grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey&response_type=cloud_iam"
        let answer = await exchange("\(grant)&apikey=mel-token-0123456789")
        let token = try #require(answer.json?["access_token"]?.text)
        #expect(token.split(separator: ".").count == 3)
        let call = Call(
            method: .get, path: ["v1", "vpcs"], query: [("version", "2026-10-06"), ("generation", "2")],
            headers: [.authorization: "Bearer \(token)"])
        #expect(await server.plane.door.answer(call).status == .ok)
        // A token that was exchanged is no key.
        for wrong in ["apikey=nobody", "apikey=", "", "apikey=\(token)"] {
            let refused = await exchange("\(grant)&\(wrong)")
            #expect(refused.status == .badRequest)
            #expect(refused.json?["errorCode"]?.text != nil)
        }
        for _ in 0..<10 { _ = await exchange("\(grant)&apikey=guess") }
        let waiting = await exchange("\(grant)&apikey=oscar-token-0123456789")
        #expect(waiting.status == .tooManyRequests)
        // A key that was proven from there is not locked out by who guesses beside it.
        #expect(await exchange("\(grant)&apikey=mel-token-0123456789").status == .ok)
        #expect(waiting.headers[.retryAfter] == "60")
    }
}
