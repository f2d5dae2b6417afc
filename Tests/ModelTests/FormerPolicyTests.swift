import Foundation
import Model
import TestSupport
import Testing

/// Revision files of former releases can be read.
@Suite struct FormerPolicyTests {
    @Test func `a stateful group is written as it was before any was stateless`() throws {
        let id = "0e86db6f-4f1b-891e-bb82-0f4016d7a468"
        let text = #"{"id":"\#(id)","isPredefined":false,"membersElsewhere":[],"name":"web","rules":[]}"#
        let group = try JSONDecoder().decode(SecurityGroup.self, from: Data(text.utf8))
        #expect(group.isStateful)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(String(decoding: try encoder.encode(group), as: UTF8.self) == text)
        let other = SecurityGroup(id: group.id, name: "web", rules: [], isStateful: false)
        let told = String(decoding: try encoder.encode(other), as: UTF8.self)
        #expect(told == text.replacing(#"false,"#, with: #"false,"isStateful":false,"#))
        #expect(try JSONDecoder().decode(SecurityGroup.self, from: Data(told.utf8)) == other)
    }

    @Test func `a policy from before regions and formats is read`() throws {
        let id = "0e86db6f-4f1b-891e-bb82-0f4016d7a468"
        let text = """
            {"project":"demo","vpcs":[{"id":"\(id)","name":"shop","prefixes":[],
             "subnets":[{"id":"\(id)","name":"web","prefixes":[]}],"groups":[],
             "instances":[{"id":"\(id)","name":"web-1","interfaces":[{"id":"\(id)","name":"eth0","subnet":"web",
              "addresses":[],"device":"tap1","groups":[]}]}]}],
             "collectors":[
              {"id":"\(id)","name":"all","target":{"vpc":{"_0":"shop"}},"bucket":"file:a","isActive":true,
               "includesAllProtocols":true},
              {"id":"\(id)","name":"some","target":{"vpc":{"_0":"shop"}},"bucket":"file:a","isActive":true,
               "includesAllProtocols":false}]}
            """
        let policy = try JSONDecoder().decode(Policy.self, from: Data(text.utf8))
        #expect(policy.collectors.map(\.format) == [.ibmPlus, .ibm])
        #expect(policy.collectors.map(\.interval) == [300, 300])
        #expect(policy.collectors.map(\.project) == [nil, nil])
        let placement = try #require(policy.placements.first)
        #expect(placement.region == nil)
        #expect(placement.subnetZone == nil)
        #expect(try JSONDecoder().decode(Policy.self, from: JSONEncoder().encode(policy)) == policy)
    }
}
