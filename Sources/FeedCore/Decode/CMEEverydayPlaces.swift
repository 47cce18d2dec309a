/// Where messages of one head have what a level's event takes, counted from the message's start: those of one level, of
/// a template for levels (`CMETemplate.isEverydayLevels`). Messages that come one behind the other are mostly alike; of
/// such, three comparisons tell that all of it is as it was.
struct CMEEverydayPlaces: BitwiseCopyable {
  /// Block, template, schema and version, as they stand in the message from 2 on; 0: none, no template has schema 0.
  private(set) var head: UInt64 = 0
  /// Block and count of the group, as they stand there in three bytes.
  private(set) var dimension: UInt32 = 0
  private(set) var hasLongSizes = false
  /// FeedProtocol's slot of the template.
  private(set) var type: UInt8 = 0
  /// Fewest bytes of the message, which hold the entry, and the head of the orders' group where there is one.
  private(set) var end = Int.max
  /// The same where its block and its entry are as the layout knows them; 0 where they go on beyond that.
  private(set) var length = 0
  private(set) var group = 0
  private(set) var indicator = 0
  private(set) var time = 0
  /// The number of orders. Of a template without: a byte that is 0, the high one of schema 1.
  private(set) var orderCount = 0
  private(set) var security = 0
  private(set) var price = 0
  private(set) var size = 0
  private(set) var level = 0
  private(set) var action = 0
  private(set) var entryType = 0
  private(set) var priceFactor: Int64 = 1

  init() {}

  /// - Parameters:
  ///   - head: of schema 1.
  ///   - group: where the levels' group begins.
  ///   - stride: bytes of an entry.
  init(head: UInt64, group: Int, stride: UInt16, _ template: CMETemplate, type: UInt8) {
    self.head = head
    self.group = group
    self.type = type
    dimension = UInt32(stride) | 1 << 16
    let entry = group + 3
    end = entry + Int(stride)
    orderCount = 7
    if template.groupCount > 1 {
      end += 8
      orderCount = end - 1
    }
    if group == MDP3Packet.messageHeaderLength + Int(template.rootLength), stride == template.entryLengthMost {
      length = end
    }
    indicator = Int(template.indicator)
    time = Int(template.time)
    security = entry + Int(template.entrySecurity)
    price = entry + Int(template.price)
    size = entry + Int(template.size)
    level = entry + Int(template.level)
    action = entry + Int(template.entryAction)
    entryType = entry + Int(template.entryType)
    hasLongSizes = template.hasLongSizes
    priceFactor = template.priceFactor
  }
}
