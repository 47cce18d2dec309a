/// What the datagrams of one flow, taken one after another, say about its protocol. The judgement that
/// `FlowDiscovery`, and through it `replay` and `info`, and `decode` share.
package struct FlowRecognition {
  /// Datagrams of a flow that may speak for or against its protocol.
  package static let verdictPackets: UInt64 = 64

  package private(set) var `protocol`: FeedProtocol?
  /// A datagram said so that could not be chance, or the user did.
  package private(set) var isFirm = false
  private let isNamed: Bool
  /// A flow that the configuration names is ITCH 5.0 where its packets are whole, whatever messages they hold.
  private let isExpected: Bool
  /// Datagrams that are of the protocol, and that are not, among the first.
  private(set) var fitting: UInt64 = 0
  private(set) var contradicting: UInt64 = 0

  /// - Parameters:
  ///   - named: what the user says the flow carries; nil to find out.
  ///   - isExpected: the user says that it carries a feed.
  package init(named: FeedProtocol? = nil, isExpected: Bool = false) {
    `protocol` = named
    isFirm = named != nil
    isNamed = named != nil
    self.isExpected = isExpected
  }

  /// Nothing that comes can change the verdict.
  package var isSettled: Bool { isFirm && fitting &+ contradicting >= Self.verdictPackets }

  /// Most of the datagrams are not of the protocol that one of them seemed to be of. The user's word stands.
  package var isContradicted: Bool { !isNamed && contradicting > fitting }

  /// Takes a datagram's payload.
  ///
  /// - Parameters:
  ///   - length: bytes that are here.
  ///   - declared: bytes that were sent.
  /// - Returns: true where an earlier guess was wrong: what it led to is to be forgotten.
  package mutating func take(_ payload: UnsafeRawPointer, length: Int, declared: Int) -> Bool {
    if isSettled { return false }
    if isFirm, let known = `protocol` {
      let fits = Recognition.sequenced(known.transport, payload, length: length, declared: declared) != nil
      if fits { fitting &+= 1 } else { contradicting &+= 1 }
      return false
    }
    var verdict = Recognition.examine(payload, length: length, declared: declared)
    if verdict == nil, isExpected,
      Recognition.sequenced(.moldUDP64, payload, length: length, declared: declared) != nil
    {
      verdict = Recognition.Verdict(protocol: .itch50, isFirm: true)
    }
    guard let verdict else { return false }
    let wasWrong = verdict.isFirm && `protocol` != nil && `protocol` != verdict.protocol
    if `protocol` == nil || verdict.isFirm { `protocol` = verdict.protocol }
    isFirm = verdict.isFirm
    fitting &+= 1
    return wasWrong
  }
}
